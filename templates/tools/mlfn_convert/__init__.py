"""Networks to ONNX: the original in its own framework, the conversion, and the proof. See convert.py."""
