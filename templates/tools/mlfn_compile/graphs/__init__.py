"""Parts of a model as ONNX graphs: what is heavy on numbers. One module for each family, as in exporters/."""
