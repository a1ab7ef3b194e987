#!/usr/bin/env bash
# A CUDA toolkit out of packages of the Python package index, for machines where none can be installed: enough to build
# textmill with `--features cuda`. Prints the variables that the build needs.
#
#     eval "$(tests/gpu/toolkit.sh ~/.cache/textmill/cuda)"
#     CUDA_COMPUTE_CAP=90 cargo build --release --features cuda
#
# PYTHON names the interpreter. The index has nvcc itself since 13.0; the driver must be as new as the toolkit.
set -euo pipefail

folder="${1:?usage: toolkit.sh DIR}"
python="${PYTHON:-python3}"
version="13.0"

if [ ! -x "$folder/bin/nvcc" ]; then
    work="$(mktemp -d)"
    trap 'rm -rf "$work"' EXIT
    # What each is for: the compiler, its back end, its headers, the run time, C++ headers; then what is linked with.
    "$python" -m pip install --quiet --disable-pip-version-check --no-deps --target "$work" \
        "nvidia-cuda-nvcc==$version.*" "nvidia-nvvm==$version.*" "nvidia-cuda-crt==$version.*" \
        "nvidia-cuda-runtime==$version.*" "nvidia-cuda-cccl==$version.*" \
        "nvidia-cuda-nvrtc==$version.*" "nvidia-cublas==$version.*" "nvidia-curand==10.4.*" >&2
    root="$work/nvidia/cu13"
    chmod +x "$root"/bin/* "$root"/nvvm/bin/*
    # Linkers look for names without versions.
    for library in "$root"/lib/*.so.*; do
        name="$(basename "$library")"
        ln -sf "$name" "$root/lib/${name%%.so.*}.so"
    done
    # The driver's library comes with the driver. A build machine has none: functions that answer "no device" (100) stand
    # for it, so that the linker is content; the program finds the real ones where it starts.
    mkdir -p "$root/lib/stubs"
    "${CC:-cc}" -E "$root/include/cuda.h" | grep -oE '\bcu[A-Z][A-Za-z0-9_]*\(' | tr -d '(' | sort -u |
        sed 's/.*/int &(void) { return 100; }/' > "$work/stub.c"
    "${CC:-cc}" -shared -fPIC -Wl,-soname,libcuda.so.1 -o "$root/lib/stubs/libcuda.so" "$work/stub.c"
    ln -sfn libcuda.so "$root/lib/stubs/libcuda.so.1"
    ln -sfn lib "$root/lib64"
    mkdir -p "$(dirname "$folder")"
    rm -rf "$folder"
    mv "$root" "$folder"
fi

printf 'export CUDA_HOME=%q\n' "$folder"
printf 'export PATH=%q\n' "$folder/bin:$PATH"
