#!/bin/bash
# The transformers of docs/transformers.md in one sitting on a GPU; about four minutes, six files below 16 MB in $OUT.
#
#   bash benchmarks/gpu_transformers.sh
#
# Seconds and numbers can be set from outside, and so can the device and sizes, for a rehearsal on a CPU.
set -u
OUT=${OUT:-gpu_out}
PYTHON=${PYTHON:-python3}
export PYTHONUNBUFFERED=1 OMP_NUM_THREADS=${OMP_NUM_THREADS:-4} PYTHONPATH=$PWD/src:$PWD/benchmarks:${PYTHONPATH:-}
mkdir -p "$OUT"

part() { $PYTHON benchmarks/gpu_transformers.py "$@" --device "${DEVICE:-cuda}" ${OPTIONS:-} --out "$OUT/$1.npz" || echo "FAILED: $1"; }

{
    nvidia-smi --query-gpu=name,memory.total,clocks.sm --format=csv,noheader 2>/dev/null
    part control --networks "${N_CONTROL:-24}" --seconds "${T_FAST:-90}" --half &
    part fast --networks "${N_FAST:-64}" --seconds "${T_FAST:-90}" --parts 4
    wait
    part published --networks "${N_PUBLISHED:-16}" --seconds "${T_PUBLISHED:-130}"
    ls -l "$OUT"
} 2>&1 | tee "$OUT/session.log"
