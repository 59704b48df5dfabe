/** Import names and the distributions on the index that provide them, for what is not installed. Data only. */

/** Import name -> distribution, where the two differ. Of two packages that fit, the smaller one that serves. */
const RENAMED: Record<string, string> = {
  Crypto: 'pycryptodome',
  MySQLdb: 'mysqlclient',
  OpenSSL: 'pyOpenSSL',
  PIL: 'Pillow',
  attr: 'attrs',
  bs4: 'beautifulsoup4',
  category_encoders: 'category-encoders',
  cv2: 'opencv-python-headless',
  dateutil: 'python-dateutil',
  docx: 'python-docx',
  dotenv: 'python-dotenv',
  flask_cors: 'Flask-Cors',
  'google.cloud.bigquery': 'google-cloud-bigquery',
  'google.cloud.firestore': 'google-cloud-firestore',
  'google.cloud.pubsub': 'google-cloud-pubsub',
  'google.cloud.pubsub_v1': 'google-cloud-pubsub',
  'google.cloud.secretmanager': 'google-cloud-secret-manager',
  'google.cloud.storage': 'google-cloud-storage',
  imblearn: 'imbalanced-learn',
  jose: 'python-jose',
  jwt: 'PyJWT',
  magic: 'python-magic',
  pkg_resources: 'setuptools',
  psycopg2: 'psycopg2-binary',
  serial: 'pyserial',
  skimage: 'scikit-image',
  sklearn: 'scikit-learn',
  xgboost: 'xgboost-cpu', // the plain one pulls in 342 MB of NCCL
  yaml: 'PyYAML',
  zmq: 'pyzmq',
};

/** Import names that are distributions of the same name. A name that is in neither list is asked for, never guessed. */
const SAME = new Set(
  `aiohttp anyio arrow bottle boto3 botocore cachetools catboost certifi click cloudpickle cryptography dill django
  falcon fastapi flask gensim geopandas gunicorn h5py httpx imageio jinja2 joblib jsonschema keras lightgbm loguru lxml
  markdown markupsafe matplotlib mlxtend msgpack networkx nltk numba numpy onnx onnxruntime openpyxl orjson packaging pandas
  patsy plotly polars psutil psycopg pyarrow pydantic pymongo pymysql pyparsing pytz redis regex requests rich safetensors scipy
  seaborn sentry_sdk shap shapely simplejson six skops spacy sqlalchemy starlette statsmodels structlog sympy tabulate
  tenacity tensorflow threadpoolctl tokenizers toml tomli torch torchvision tqdm transformers typing_extensions tzdata
  ujson urllib3 werkzeug xlrd`.split(/\s+/),
);

/** Installed on a desk -> the same modules without a screen: the first needs X11 libraries that no function host has. */
const HEADLESS: Record<string, string> = {
  'opencv-python': 'opencv-python-headless',
  'opencv-contrib-python': 'opencv-contrib-python-headless',
};

/** What a served model never calls: notebooks, tests, linters, packaging, plots. Kept when the code imports it. */
const TOOLS = new Set(
  `autopep8 bandit black bokeh build bumpversion coverage cookiecutter flake8 hypothesis invoke ipdb ipykernel ipython
  ipywidgets isort jupyter jupyter-client jupyter-console jupyter-core jupyter-server jupyterlab jupytext kaleido
  matplotlib matplotlib-inline mkdocs mypy nbconvert nbdime nbformat nose notebook nox papermill pip pip-tools pipdeptree
  plotly poetry pre-commit pycodestyle pydocstyle pyflakes pylint pyright pytest pytest-cov pytest-mock pytest-xdist
  rope ruff seaborn setuptools sphinx spyder tensorboard tox twine uv virtualenv watchdog wheel yapf`.split(/\s+/),
);

/** The distribution for a dotted import name, or null when it is not known. */
export function knownDistribution(imported: string): string | null {
  const parts = imported.split('.');
  for (let length = parts.length; length > 0; length -= 1) {
    const renamed = RENAMED[parts.slice(0, length).join('.')];
    if (renamed !== undefined) return renamed;
  }
  const top = parts[0] ?? '';
  return SAME.has(top) ? top.replaceAll('_', '-') : null;
}

export function forServing(distribution: string): string {
  return HEADLESS[distribution] ?? distribution;
}

/** @param name normalized */
export function isTool(name: string): boolean {
  return TOOLS.has(name) || /^(pytest|types|jupyter|jupyterlab|nb|sphinx|flake8|mkdocs)-/.test(name);
}
