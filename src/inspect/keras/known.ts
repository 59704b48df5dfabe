/** What Keras has of its own (keras 3.15, tf_keras 2.21). */

const LAYERS = new Set(
  `Activation ActivityRegularization Add AdditiveAttention AlphaDropout Attention Average BatchNormalization Bidirectional
  CategoryEncoding CenterCrop Concatenate ConvLSTM1D ConvLSTM2D ConvLSTM3D Dense Discretization Dot Dropout ELU EinsumDense
  Embedding Equalization Flatten GRU GRUCell GaussianDropout GaussianNoise GroupNormalization GroupQueryAttention HashedCrossing
  Hashing Identity InputLayer IntegerLookup LSTM LSTMCell LayerNormalization LeakyReLU Masking Maximum MelSpectrogram Minimum
  MultiHeadAttention Multiply Normalization PReLU Permute Pipeline RMSNormalization RNN ReLU RepeatVector Rescaling Reshape
  Resizing SimpleRNN SimpleRNNCell Softmax SpectralNormalization STFTSpectrogram StackedRNNCells StringLookup Subtract
  TextVectorization ThresholdedReLU TimeDistributed UnitNormalization Wrapper CuDNNGRU CuDNNLSTM DenseFeatures`.split(/\s+/),
);
/** Families that come in one, two and three dimensions, and others told by how they are called. */
const FAMILY = /^((Separable|Depthwise)?Conv(olution)?[123]D(Transpose)?|(Adaptive|Global)?(Average|Avg|Max)Pool(ing)?[123]D|Locally\w+[12]D|(Cropping|UpSampling|ZeroPadding|SpatialDropout)[123]D|Random[A-Z]\w+)$/;
const PARTS = new Set(
  `Sequential Functional Model DTypePolicy Policy SeedGenerator Zeros Ones Constant RandomNormal RandomUniform TruncatedNormal
  VarianceScaling Orthogonal Identity GlorotUniform GlorotNormal HeNormal HeUniform LecunNormal LecunUniform L1 L2 L1L2
  OrthogonalRegularizer MaxNorm MinMaxNorm NonNeg UnitNorm TensorShape`.split(/\s+/),
);

/** Without a module a name stands for Keras's own, or for what the user registered under it. */
export function isBuiltIn(name: string): boolean {
  return LAYERS.has(name) || PARTS.has(name) || FAMILY.test(name);
}

/** Where of Keras classes of a model come from. */
export const MODULES = /^(keras|tf_keras)(\.src)?(\.(layers|ops|initializers|regularizers|constraints|activations|models|engine|quantizers|dtype_policies|random|mixed_precision)(\.\w+)*)?$/;

export const ACTIVATIONS = new Set(
  `linear relu relu6 leaky_relu elu selu celu gelu glu silu swish hard_silu hard_swish hard_sigmoid hard_tanh hard_shrink
  soft_shrink tanh_shrink softmax log_softmax sparsemax softplus softsign sigmoid log_sigmoid tanh exponential mish squareplus
  sparse_plus sparse_sigmoid threshold hard_exponential`.split(/\s+/),
);

/** Functions of tf that Keras 2 noted by their names when they were called on layers. */
export const TF_FUNCTIONS = /^(math\.\w+|nn\.\w+|linalg\.\w+|__operators__\.\w+|strings\.(lower|upper|strip|length|join)|image\.resize\w*|keras\.(activations|backend)\.\w+|(abs|add|argmax|argmin|boolean_mask|broadcast_to|cast|clip_by_value|concat|convert_to_tensor|cos|divide|einsum|equal|exp|expand_dims|eye|fill|gather|greater|greater_equal|identity|less|less_equal|logical_and|logical_not|logical_or|matmul|maximum|minimum|multiply|norm|not_equal|one_hot|ones|ones_like|pad|pow|range|rank|reduce_\w+|repeat|reshape|reverse|round|shape|sigmoid|sign|sin|size|slice|split|sqrt|square|squeeze|stack|strided_slice|subtract|tanh|tensordot|tile|transpose|unstack|where|zeros|zeros_like|compat\.v1\.(shape|squeeze|transpose|gather)))$/;
