"""Width and length of leaves tell the species of an iris: a network of PyTorch, saved as an exported program."""

import argparse
from pathlib import Path

import numpy as np
import torch
from torch import nn

parser = argparse.ArgumentParser(description=__doc__)
parser.add_argument("--out", type=Path, default=Path(__file__).parent, help="folder for iris.pt2")
args = parser.parse_args()

# Three species, drawn with a fixed seed around the means and deviations of Fisher's own table (in cm).
means = np.array([[5.0, 3.4, 1.5, 0.2], [5.9, 2.8, 4.3, 1.3], [6.6, 3.0, 5.6, 2.0]])
deviations = np.array([[0.35, 0.38, 0.17, 0.1], [0.52, 0.31, 0.47, 0.2], [0.64, 0.32, 0.55, 0.27]])
rng = np.random.default_rng(1936)
species = np.repeat([0, 1, 2], 200)
leaves = rng.normal(means[species], deviations[species]).astype("float32")
order = rng.permutation(len(species))
train, test = order[:450], order[450:]

torch.manual_seed(1936)
torch.set_num_threads(1)
network = nn.Sequential(nn.BatchNorm1d(4), nn.Linear(4, 16), nn.ReLU(), nn.Dropout(0.1), nn.Linear(16, 3))
optimizer = torch.optim.Adam(network.parameters(), lr=0.02)
rows, labels = torch.from_numpy(leaves), torch.from_numpy(species)
for _ in range(60):
    optimizer.zero_grad()
    nn.functional.cross_entropy(network(rows[train]), labels[train]).backward()
    optimizer.step()

network = nn.Sequential(network, nn.Softmax(dim=-1)).eval()
with torch.no_grad():
    right = (network(rows[test]).argmax(-1) == labels[test]).float().mean()
print(f"accuracy {right:.4f}")

args.out.mkdir(parents=True, exist_ok=True)
program = torch.export.export(network, (rows[:2],), dynamic_shapes=({0: torch.export.Dim("batch")},))
torch.export.save(program, args.out / "iris.pt2")
