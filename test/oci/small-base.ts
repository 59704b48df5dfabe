/** A base made by hand: what is looked for in one, and nothing that runs. */
import { execFileSync } from 'node:child_process';
import { python } from '../python.ts';
import { type LayoutOptions, writeLayout } from './layout.ts';

const TAR = `
import io, json, sys, tarfile
out = tarfile.open(fileobj=sys.stdout.buffer, mode="w|", format=tarfile.GNU_FORMAT)
for name, kind, content in json.load(sys.stdin):
    info = tarfile.TarInfo(name)
    data = content.encode("latin-1")
    if kind == "file":
        info.size = len(data)
        out.addfile(info, io.BytesIO(data))
        continue
    info.type = {"symlink": tarfile.SYMTYPE, "link": tarfile.LNKTYPE, "folder": tarfile.DIRTYPE}[kind]
    info.linkname = content
    out.addfile(info)
out.close()
`;

export type Member = [name: string, kind: 'file' | 'symlink' | 'link' | 'folder', content: string];

/** By Python's tarfile. */
export function tarOf(members: Member[]): Buffer {
  return execFileSync(python, ['-I', '-c', TAR], { input: JSON.stringify(members), maxBuffer: 1 << 28 });
}

/** What a base needs to be taken for one: Python 3.13 and glibc 2.36 on Debian 12. */
export const MEMBERS: Member[] = [
  ['./etc/os-release', 'symlink', '../usr/lib/os-release'],
  ['./usr/lib/os-release', 'file', 'PRETTY_NAME="Debian GNU/Linux 12 (bookworm)"\nID=debian\n'],
  ['./usr/bin/python3.13', 'file', '\x7fELF'],
  ['./usr/bin/python3', 'symlink', 'python3.13'],
  ['./usr/lib/python3.13/http/client.py', 'file', ''],
  ['./usr/lib/x86_64-linux-gnu/libc.so.6', 'file', '\x7fELF...GNU C Library (Debian GLIBC 2.36-9+deb12u10) stable release version 2.36.\n'],
];

/** In a folder that is there; its name for --base. @param minor of its Python, as the emulator of Lambda runs packages with 3.12 */
export function writeSmallBase(folder: string, minor = '3.12', options: LayoutOptions = {}): string {
  const members = MEMBERS.map(([name, kind, content]): Member => [name.replaceAll('3.13', minor), kind, content.replaceAll('3.13', minor)]);
  writeLayout(folder, 'latest', [tarOf(members)], options);
  return `oci:${folder}`;
}
