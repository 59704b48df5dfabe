"""Terms and their numbers, looked up in the mapped file: nothing is built at load."""


class Vocabulary(dict):
    """{"blob": the terms' UTF-8 in order, "ends": where each ends, "slots": a hash table}: `vocabulary[term]` is the term's
    number, -1 where it is unknown.

    A slot holds a number plus one, 0 where it is free. A term stands in the slot of its hash, its bytes as one integer
    modulo the number of slots, or in the next free one. What was found is kept, and then found as in any dict.
    """

    def __init__(self, node, builder):
        super().__init__()
        self.blob = builder.view(node["blob"])
        self.ends = builder.view(node["ends"])
        self.slots = builder.view(node["slots"])

    def __missing__(self, term):
        data = term.encode("utf-8", "surrogatepass")
        slots, ends = self.slots, self.ends
        place = int.from_bytes(data, "little") % len(slots)
        while True:
            number = slots[place] - 1
            if number < 0:
                return -1
            if self.blob[ends[number] : ends[number + 1]].tobytes() == data:
                self[term] = number
                return number
            place = place + 1 if place + 1 < len(slots) else 0
