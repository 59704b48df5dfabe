/** What runs networks, and what converts them on this machine. Exact versions, of 2026-11. */
import type { NetworkCard } from '../card.ts';
import type { NetworkFormat, Platform, TargetNeed } from '../types.ts';

export interface NetworkTools {
  /** As a person would say it. */
  name: string;
  /** Python versions that have wheels of all of it, best first. */
  pythons: string[];
  needs: TargetNeed[];
}

type Machine = Pick<Platform, 'os' | 'arch'>;

/** The same onnxruntime proves a graph as serves it. */
const CONVERTER = 'onnx==1.23.2 onnxruntime==1.31.1 protobuf==7.36.2 flatbuffers==25.12.19 ml-dtypes==0.6.0 packaging==26.3';
const BOTH = 'numpy==2.2.6 typing-extensions==4.16.0 setuptools==84.2.1';
/** Of TensorFlow, which is named by itself: tf-keras and tf2onnx ask for `tensorflow`, which has CUDA in it; hence each alone, all named. */
const KERAS = `keras==3.15.1 h5py==3.14.0 absl-py==2.5.1 astunparse==1.6.3 gast==0.7.0 google-pasta==0.2.0 protobuf==7.36.2 flatbuffers==25.12.19
  ml-dtypes==0.6.0 packaging==26.3 grpcio==1.85.1 namex==0.1.0 opt-einsum==3.4.0 optree==0.20.0 requests==2.34.2 certifi==2026.10.18
  charset-normalizer==3.5.2 idna==3.20 urllib3==2.8.0 rich==15.0.0 markdown-it-py==4.3.0 mdurl==0.1.2 pygments==2.21.0 six==1.17.0 termcolor==3.3.0
  wheel==0.48.0 wrapt==2.5.2`;
/** Reads what Keras 2 wrote. */
const KERAS_2 = 'tf-keras==2.21.0';
const TENSORFLOW = '2.21.0';
const TORCH = 'torch==2.15.0 filelock==4.2.11 fsspec==2026.9.0 jinja2==3.1.6 markupsafe==3.0.4 mpmath==1.3.0 networkx==3.4.2 sympy==1.14.0';
/** PyPI's torch for Linux does not load without them, also where there is no GPU. */
const CUDA = `cuda-toolkit==13.2.2 nvidia-cublas==13.4.1.3 nvidia-cuda-cupti==13.2.86 nvidia-cuda-nvrtc==13.2.86 nvidia-cuda-runtime==13.2.86
  nvidia-cudnn-cu13==9.26.0.51 nvidia-cufft==12.2.0.57 nvidia-cufile==1.17.1.22 nvidia-cusparse==12.7.10.12 nvidia-cusparselt-cu13==0.8.1
  nvidia-nccl-cu13==2.30.7 nvidia-nvjitlink==13.5.37 nvidia-nvshmem-cu13==3.7.2`;
/**
 * What a project may name instead: older ones run code that a file brings along, whatever they are told (of Keras until 3.12, as its
 * advisories of 2025 say; of torch until 2.6, where torch.load became one of weights only).
 */
const ACCEPTS: Record<string, string> = { keras: '>=3.12', torch: '>=2.6' };

const PYTHONS = ['3.12', '3.13', '3.11'];

export function networkTools(format: NetworkFormat, { platform, arch } = process): NetworkTools {
  const torch = isTorch(format);
  const machine = here(platform, arch);
  const lists = torch ? [TORCH, cuda(machine), 'onnxscript==0.7.2 onnx-ir==1.1.0'] : [KERAS, KERAS_2, tensorflow(machine), 'tf2onnx==1.17.0'];
  return { name: torch ? 'PyTorch' : 'TensorFlow', pythons: PYTHONS, needs: needsOf(BOTH, CONVERTER, ...lists).map((need) => ({ ...need, accepts: `==${need.version}` })) };
}

/** What a network is served with by its own framework: the versions that convert it, and a newer Keras for a file of one. */
export function frameworkNeeds({ format, framework }: NetworkCard, on: Platform | 'this-machine'): { pythons: string[]; needs: TargetNeed[] } {
  const machine = on === 'this-machine' ? here(process.platform, process.arch) : on;
  if (isTorch(format)) return { pythons: PYTHONS, needs: needsOf(BOTH, TORCH, cuda(machine)) };
  const old = format !== 'saved-model' && framework.version?.startsWith('3.') !== true;
  const needs = needsOf(BOTH, KERAS, tensorflow(machine), old ? KERAS_2 : '');
  const wrote = format === 'saved-model' || old ? null : framework.version;
  return { pythons: PYTHONS, needs: needs.map((need) => (need.name === 'keras' && wrote !== null && isNewer(wrote, need.version) ? { ...need, version: wrote } : need)) };
}

function here(platform: NodeJS.Platform, arch: string): Machine {
  return { os: platform === 'win32' ? 'windows' : platform === 'darwin' ? 'macos' : 'linux', arch: arch === 'arm64' ? 'aarch64' : 'x86_64' };
}

function isTorch(format: NetworkFormat): boolean {
  return format === 'torchscript' || format === 'torch-exported';
}

/** Elsewhere `tensorflow` has no GPU's code in it, or is all there is. */
function tensorflow({ os, arch }: Machine): string {
  const lean = (os === 'linux' && arch === 'x86_64') || os === 'windows';
  return `${lean ? 'tensorflow-cpu' : 'tensorflow'}==${TENSORFLOW}`;
}

function cuda({ os }: Machine): string {
  return os === 'linux' ? CUDA : '';
}

function isNewer(one: string, other: string): boolean {
  return /^\d+(\.\d+)*$/.test(one) && one.localeCompare(other, 'en', { numeric: true }) > 0;
}

function needsOf(...lists: string[]): TargetNeed[] {
  const pins = new Set(lists.flatMap((list) => list.split(/\s+/)).filter((pin) => pin !== ''));
  return [...pins].map((pin) => {
    const [name = '', version = ''] = pin.split('==');
    return { name, version, accepts: ACCEPTS[name] ?? '>=0', alone: true };
  });
}
