"""What a model of tensors answers, by record.

A label and its probabilities, as converters write classifiers, become predictions and probabilities; any other single
output becomes predictions as it is; of several a prediction is an object by their names.
"""


class Answers:
    """`outputs` as onnxruntime describes them. `together`: whether many records may be asked at once."""

    def __init__(self, outputs, ports):
        self.names = [told.name for told in outputs]
        self.classes = None
        symbols = {port.symbol for port in ports}
        self.by_record = [any(port.axis for port in ports) and _by_record(told, symbols) for told in outputs]
        self.together = all(self.by_record) and all(port.axis == "many" for port in ports)
        self.zipped = len(outputs) == 2 and outputs[1].type.startswith("seq(map(")
        self.labelled = len(outputs) == 2 and _is_label(outputs[0]) and (self.zipped or _are_chances(outputs[1]))

    def each(self, told, count):
        """A list of what each record is told: a list of values, one for each output. None where the outputs are not as many
        as the records."""
        columns = [_listed(values) if _length(values) == count else None for values in told]
        return None if None in columns else list(map(list, zip(*columns)))

    def one(self, told):
        """The values of one record that was asked alone."""
        parts = zip(told, self.by_record)
        return [_listed(values)[0] if split and _length(values) == 1 else _listed(values) for values, split in parts]

    def learn(self, told):
        """The classes, where probabilities name them."""
        if told is not None and told[1]:
            self.classes = list(told[1][0])

    def parted(self, told):
        """(predictions, probabilities or None) of what each record is told."""
        if not self.labelled:
            several = len(self.names) > 1
            return [dict(zip(self.names, each)) if several else each[0] for each in told], None
        if self.zipped:
            return [each[0] for each in told], [list(each[1].values()) for each in told]
        return [each[0] for each in told], [each[1] for each in told]


def _by_record(told, symbols):
    """Whether an output's first axis is that of the records. Two sizes have two names, unless names were made up."""
    if told.type.startswith("seq(map("):
        return True
    first = told.shape[0] if told.shape and told.type.startswith("tensor(") else 0
    if isinstance(first, int):
        return first == 1
    own = {symbol for symbol in symbols if symbol and not symbol.startswith("unk__")}
    return first is None or first.startswith("unk__") or not own or first in own


def _is_label(told):
    return told.type in ("tensor(int64)", "tensor(string)") and len(told.shape) <= 1


def _are_chances(told):
    return told.type in ("tensor(float)", "tensor(double)") and len(told.shape) == 2 and "prob" in told.name.lower()


def _length(values):
    return len(values) if getattr(values, "ndim", 1) else 0


def _listed(values):
    if isinstance(values, list):
        return [_listed(each) if hasattr(each, "tolist") else each for each in values]
    return values.tolist() if hasattr(values, "tolist") else values
