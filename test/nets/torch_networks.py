"""Networks of PyTorch as TorchScript and as exported programs, with samples: python torch_networks.py FOLDER"""

import json
import sys
from pathlib import Path

import torch
from torch import nn

folder = Path(sys.argv[1])
torch.manual_seed(0)


class Words(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.table = nn.Embedding(30, 4)
        self.last = nn.Linear(4, 2)

    def forward(self, words: torch.Tensor) -> torch.Tensor:
        return self.last(self.table(words).mean(1))


class Two(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.left = nn.Linear(3, 4)
        self.right = nn.Linear(2, 4)

    def forward(self, left: torch.Tensor, right: torch.Tensor) -> dict[str, torch.Tensor]:
        both = torch.relu(self.left(left) + self.right(right))
        return {"sum": both.sum(-1, keepdim=True), "share": both.softmax(-1)}


class Sequence(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.states = nn.LSTM(3, 4, batch_first=True)
        self.last = nn.Linear(4, 2)

    def forward(self, steps: torch.Tensor) -> torch.Tensor:
        return self.last(self.states(steps)[0][:, -1])


rows = nn.Sequential(nn.Linear(6, 8), nn.BatchNorm1d(8), nn.ReLU(), nn.Dropout(0.2), nn.Linear(8, 3), nn.Softmax(-1))
image = nn.Sequential(nn.Conv2d(1, 4, 3), nn.BatchNorm2d(4), nn.GELU(), nn.MaxPool2d(2), nn.Flatten(), nn.Linear(4 * 13 * 13, 10))
given = {
    "rows": (rows, (torch.randn(3, 6),)),
    "image": (image, (torch.randn(3, 1, 28, 28),)),
    "words": (Words(), (torch.randint(0, 30, (3, 7)),)),
    "two": (Two(), (torch.randn(3, 3), torch.randn(3, 2))),
    "sequence": (Sequence(), (torch.randn(3, 7, 3),)),
}
batch = torch.export.Dim("batch")
for name, (network, tensors) in given.items():
    network.eval()
    script = torch.jit.trace(network, tensors, strict=False) if name == "two" else torch.jit.script(network)
    script.save(folder / f"{name}.pt")
    program = torch.export.export(network, tensors, dynamic_shapes=tuple({0: batch} for _ in tensors))
    torch.export.save(program, folder / f"{name}.pt2")
torch.jit.trace(rows, given["rows"][1]).save(folder / "traced.pt")
torch.jit.script(Words().eval()).save(folder / "unknown.pt")
torch.export.save(torch.export.export(rows, (torch.randn(1, 6),)), folder / "one.pt2")

samples = {"words": [1, 2, 3, 4, 5, 6, 7], "sequence": [[0.5, 1, 2]] * 7, "two": {"left": [1, 2, 3], "right": [4, 5]}}
for name, sample in samples.items():
    (folder / f"{name}.json").write_text(json.dumps(sample))
