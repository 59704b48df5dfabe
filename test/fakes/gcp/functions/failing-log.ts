/** Some 400 lines as Cloud Build logs them when a wheel is missing and a source distribution does not build. */

export function failingLog(): string[] {
  const fetched = Array.from({ length: 12 }, (_, layer) => `${(layer * 2654435761 >>> 0).toString(16).padStart(12, '0')}: Pull complete`);
  const collected = Array.from({ length: 40 }, (_, index) => [`Collecting package-${index}==1.${index}.0`, `  Downloading package_${index}-1.${index}.0-py3-none-any.whl.metadata (${index + 1}.2 kB)`]).flat();
  const compiled = Array.from({ length: 240 }, (_, index) => `      creating build/lib.linux-x86_64-cpython-312/broken/part_${index}`);
  return [
    'FETCHSOURCE',
    'Fetching storage object: gs://gcf-v2-sources-123456789012-europe-west1/function-source.zip#1761000000000000',
    'BUILD',
    'Starting Step #0 - "fetch"',
    ...fetched,
    'Starting Step #1 - "build"',
    'Step #1 - "build": === Python - Runtime (google.python.runtime@0.9.1) ===',
    'Step #1 - "build": === Python - pip (google.python.pip@0.9.2) ===',
    'Step #1 - "build": Running "python3 -m pip install --requirement requirements.txt --upgrade --upgrade-strategy only-if-needed --no-warn-script-location"',
    ...collected.map((line) => `Step #1 - "build": ${line}`),
    'Step #1 - "build": Building wheels for collected packages: broken',
    'Step #1 - "build":   Building wheel for broken (pyproject.toml): started',
    "Step #1 - \"build\":   Building wheel for broken (pyproject.toml): finished with status 'error'",
    'Step #1 - "build":   error: subprocess-exited-with-error',
    'Step #1 - "build":   × Building wheel for broken (pyproject.toml) did not run successfully.',
    'Step #1 - "build":   │ exit code: 1',
    'Step #1 - "build":   ╰─> [260 lines of output]',
    ...compiled.map((line) => `Step #1 - "build": ${line}`),
    "Step #1 - \"build\":       error: command 'gcc' failed: No such file or directory",
    'Step #1 - "build":       [end of output]',
    'Step #1 - "build":   note: This error originates from a subprocess, and is likely not a problem with pip.',
    'Step #1 - "build":   ERROR: Failed building wheel for broken',
    'Step #1 - "build": Failed to build broken',
    'Step #1 - "build": ERROR: Failed to build installable wheels for some pyproject.toml based projects (broken)',
    'Step #1 - "build": Done "python3 -m pip install --requirement requirements.txt --upgrade --upgrade-strategy only-if-needed" (41.2s)',
    'Step #1 - "build": Failure: (ID: 0b3a6a0a) installing the requirements failed',
    'Step #1 - "build": --------------------------------------------------------------------------------',
    'Step #1 - "build": Sorry your project couldn\'t be built.',
    'Step #1 - "build": Our documentation explains ways to configure Buildpacks to better recognise your project:',
    'Step #1 - "build":  -> https://cloud.google.com/docs/buildpacks/overview',
    'Step #1 - "build": If you think you\'ve found an issue, please report it:',
    'Step #1 - "build":  -> https://github.com/GoogleCloudPlatform/buildpacks/issues/new',
    'Step #1 - "build": --------------------------------------------------------------------------------',
    'Step #1 - "build": ERROR: failed to build: exit status 1',
    'Finished Step #1 - "build"',
    'ERROR: build step 1 "gcr.io/k8s-skaffold/pack" failed: step exited with non-zero status: 51',
  ];
}
