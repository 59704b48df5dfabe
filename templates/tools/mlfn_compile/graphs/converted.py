"""What skl2onnx converts: in doubles where it can, else in float32, which the proof then finds exact enough, or not."""

from ..exporters import width_of
from ..exporters.linear import several_classes
from ..unsupported import Unsupported
from .build import IR, OPSET

LEARNING = 3  # of the operators ai.onnx.ml


def classifier(estimator, out):
    """A classifier whose label is the likeliest class; of a mixture the component."""
    mixture = hasattr(estimator, "n_components")
    classes = list(range(len(estimator.weights_))) if mixture else several_classes(estimator)
    return {"kind": "graph-chances", "classes": classes, **_converted(estimator, out, "chances")}


def regressor(estimator, out):
    import numpy

    several = numpy.ndim(estimator.predict(numpy.zeros((1, width_of(estimator))))) == 2
    return {"kind": "graph-values", "several": several, **_converted(estimator, out, "values")}


def _converted(estimator, out, part):
    from skl2onnx.common.data_types import DoubleTensorType, FloatTensorType

    width = width_of(estimator)
    reasons = []
    for kind in (DoubleTensorType, FloatTensorType):
        try:
            model = _model(estimator, kind([None, width]), part)
            return out.graph(model, width, _cells(model), single=kind is FloatTensorType)
        except Exception as error:  # converters end in errors of every kind
            reasons.append(f"{type(error).__name__}: {(str(error).splitlines() or [''])[0]}")
    raise Unsupported(f"{type(estimator).__name__} could not be converted: {reasons[0]}"[:300])


def _model(estimator, x, part):
    """With that output alone, and tried: a graph may be written that nothing can run."""
    import numpy
    from mlfn_serve.session import opened
    from skl2onnx import to_onnx

    options = {id(estimator): {"zipmap": False}} if part == "chances" and hasattr(estimator, "classes_") else None
    model = to_onnx(estimator, initial_types=[("x", x)], options=options, target_opset={"": OPSET, "ai.onnx.ml": LEARNING})
    model.ir_version = IR
    outputs = model.graph.output
    kept = outputs[1] if part == "chances" else outputs[0]
    for each in [each for each in outputs if each is not kept]:
        outputs.remove(each)
    _, session = opened(model.SerializeToString(), 1, optimized=False)
    single = session.get_inputs()[0].type == "tensor(float)"
    session.run(None, {"x": numpy.zeros((2, x.shape[1]), "float32" if single else "float64")})
    return model


def _cells(model):
    """Numbers that a row takes on its way: no more than the model has weights, about."""
    return max(1, len(model.SerializeToString()) // 8)
