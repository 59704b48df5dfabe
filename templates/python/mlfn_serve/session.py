"""onnxruntime, opened for one worker: quiet, on as few threads as do it, waiting without spinning."""

import os


def opened(model, threads, optimized):
    """(numpy, a session of a model's bytes, or of the file at a path). Sums of one thread come in the same order each time."""
    # NumPy's own BLAS is not asked: threads of it would only be started.
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    import numpy
    import onnxruntime

    onnxruntime.disable_telemetry_events()
    onnxruntime.set_default_logger_severity(4)  # what it says of processors and devices is nobody's business here
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 4
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    levels = onnxruntime.GraphOptimizationLevel
    # From the second level on factors are moved into products, and rounded to float32 there.
    options.graph_optimization_level = levels.ORT_ENABLE_ALL if optimized else levels.ORT_ENABLE_BASIC
    options.execution_mode = onnxruntime.ExecutionMode.ORT_SEQUENTIAL
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")  # a worker that waits is billed
    return numpy, onnxruntime.InferenceSession(model, options, providers=["CPUExecutionProvider"])


def cores():
    asked = getattr(os, "sched_getaffinity", None)
    return len(asked(0)) if asked else os.cpu_count() or 1
