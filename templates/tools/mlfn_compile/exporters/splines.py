"""SplineTransformer."""

from ..unsupported import Unsupported


def spline_transformer(estimator, out, columns):
    degree = int(estimator.degree)
    beyond = estimator.extrapolation
    splines = estimator.bsplines_
    if degree < 1 or beyond == "linear" and degree < 2:
        # Of degree 1, scikit-learn continues the second column otherwise than the first.
        raise Unsupported(f"SplineTransformer(degree={degree}, extrapolation={beyond!r}) has no plain form")
    if getattr(estimator, "handle_missing", "error") != "error":
        raise Unsupported(f"SplineTransformer(handle_missing={estimator.handle_missing!r}) has no plain form")
    count = int(splines[0].c.shape[1])
    return {
        "kind": "splines",
        "degree": degree,
        "count": count,
        "kept": count - (not estimator.include_bias),
        "beyond": beyond if beyond in ("continue", "error", "periodic") else "ends",
        "refusal": _refusal(estimator) if beyond == "error" else None,
        "columns": [_column(spline, degree, count, beyond) for spline in splines],
    }


def _refusal(estimator):
    """In the words of its version."""
    import numpy

    try:
        estimator.transform(numpy.full((1, estimator.n_features_in_), 1e300))
    except ValueError as error:
        return str(error)
    raise Unsupported("a SplineTransformer of this version has no plain form")


def _column(spline, degree, count, beyond):
    import numpy

    wrapped = numpy.eye(count)[numpy.arange(len(spline.c)) % count]
    if spline.t.dtype.itemsize != 8 or not numpy.array_equal(spline.c, wrapped):
        raise Unsupported("a SplineTransformer of this version has no plain form")
    low = high = None
    if beyond in ("constant", "linear"):
        low = _ends(spline, spline.t[degree], range(degree), beyond)
        high = _ends(spline, spline.t[-degree - 1], range(count - degree, count), beyond)
    return {"knots": spline.t.tolist(), "low": low, "high": high}


def _ends(spline, place, indices, beyond):
    heights, slopes = spline(place).tolist(), spline(place, nu=1).tolist()
    return [[index, heights[index], slopes[index] if beyond == "linear" else None] for index in indices]
