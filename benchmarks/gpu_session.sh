#!/bin/bash
# One sitting on a GPU: what benchmarks/gpu_populations.py and benchmarks/grok_s7.py make, within fixed seconds.
#
#   bash benchmarks/gpu_session.sh check   times a step, runs each program for seconds, and trains A7; about 50 s
#   bash benchmarks/gpu_session.sh main    S7, S5 under both papers' recipes, S6, A5; about nine minutes
#   bash benchmarks/gpu_session.sh census-check and census    gpu_census.py
#   bash benchmarks/gpu_session.sh fetch N what did not fit into the files of `main`: N = 1 or 2
#
# RECIPES may hold a command for the CPU cores beside `main`; what it leaves in $KEEP/recipes comes back with the rest.
# BESIDE may hold one that shares the GPU with a census and writes into $OUT itself.
#
# Files go to $OUT, few and below 16 MB each so that they travel; the rest stays in $KEEP until `fetch`. Seconds of each part can be set from
# outside; so can the device and sizes, for a rehearsal on a CPU. A part that fails leaves the others alone.
set -u
PART=${1:-main}
OUT=${OUT:-gpu_out}
KEEP=${KEEP:-/tmp/gpu_keep}
PYTHON=${PYTHON:-python3}
DEVICE=${DEVICE:-cuda}
export OUT KEEP PYTHONUNBUFFERED=1 OMP_NUM_THREADS=${OMP_NUM_THREADS:-4} PYTHONPATH=$PWD/src:$PWD/benchmarks:${PYTHONPATH:-}
mkdir -p "$OUT" "$KEEP"
BEGUN=$SECONDS

note() { echo "== $((SECONDS - BEGUN)) s: $*"; }
populations() { ${plain:-} $PYTHON benchmarks/gpu_populations.py "$@" --device "$DEVICE"; }
s7() { $PYTHON benchmarks/grok_s7.py "$@" --device "$DEVICE"; }

check() {
    note "check"
    nvidia-smi --query-gpu=name,memory.total,clocks.sm --format=csv,noheader
    populations speed --networks "${N_SPEED:-64}" --steps "${SPEED_STEPS:-20}" ${S5_OPTIONS:-} || note "FAILED: speed"
    note "one small run of each program"
    (populations full-batch --group A5 --networks 8 --seconds 6 --out "$OUT/check-a5.npz" || note "FAILED: full-batch") &
    (populations minibatch --recipe fast --networks 4 --steps 100 --seconds 8 --out "$OUT/check-fast.npz" || note "FAILED: minibatch") &
    (populations minibatch --group "${MIDDLE_GROUP:-S6}" --recipe fast --networks 4 --steps 20 --seconds 8 --out "$OUT/check-s6.npz" || note "FAILED: S6") &
    s7 --group "${STEP_GROUP:-A7}" --seconds "${T_A7:-24}" --turn 16 --out "$OUT/a7.npz" || note "FAILED: A7"
    wait
    note "end"
}

main() {
    note "start"
    if [ -n "${RECIPES:-}" ]; then
        # on the CPU cores beside the GPU, at low priority, until the end of the sitting
        (CUDA_VISIBLE_DEVICES="" OMP_NUM_THREADS=1 nice -n 10 timeout "${T_RECIPES:-530}" bash -c "$RECIPES" >"$KEEP/recipes.log" 2>&1) &
        recipes=$!
    fi
    if [ "${N_SPEED:-64}" != 0 ] && ! populations speed --networks "${N_SPEED:-64}" --steps "${SPEED_STEPS:-20}" ${S5_OPTIONS:-}; then
        note "FAILED: speed, or a gradient that is off: S5 goes on with the plain twins of the kernels"
        plain="env PLAIN_KERNELS=1"
    fi
    note "S7"
    s7 --group "${LARGE_GROUP:-S7}" --seconds "${T_S7:-215}" --turn "${TURN_S7:-70}" --out "$OUT/s7.npz" \
        --full "$KEEP/s7-full.npz" ${S7_OPTIONS:-} || note "FAILED: S7"
    # S5 gets what S7 leaves
    T_S5=${T_S5:-$((${T_ALL:-575} - SECONDS + BEGUN - 175))}
    note "S5, stander2024: $T_S5 s"
    populations full-batch --networks "${N_S5:-128}" --choose --fast-backward --seconds "$T_S5" --parts 2 ${S5_OPTIONS:-} \
        --out "$OUT/s5-stander2024.npz" || note "FAILED: S5 stander2024"
    note "S5, wu2024"
    populations full-batch --recipe wu2024 --networks "${N_WU:-64}" --choose --fast-backward --seconds "${T_WU:-40}" ${S5_OPTIONS:-} \
        --out "$OUT/s5-wu2024.npz" || note "FAILED: S5 wu2024"
    note "S6 and A5"
    (populations minibatch --group "${MIDDLE_GROUP:-S6}" --recipe fast --networks "${N_S6:-36}" --seconds "${T_S6:-95}" --parts 4 \
        ${S6_OPTIONS:-} --out "$KEEP/s6-fast.npz" || note "FAILED: S6") &
    s6=$!
    a5() {
        populations "$1" --group A5 --recipe "$2" --networks "${N_A5:-24}" --seconds "${T_A5:-60}" ${A5_OPTIONS:-} \
            --out "$KEEP/a5-$2.npz" || note "FAILED: A5 $2"
    }
    a5 full-batch wu2024 &
    first=$!
    a5 full-batch stander2024 &
    second=$!
    a5 minibatch fast &
    third=$!
    # S5 by the recipe fast, on the same machine and by the same code, to compare the others with
    (populations minibatch --recipe fast --seeds-from 500 --networks "${N_S5_FAST:-32}" --seconds "${T_S5_FAST:-75}" ${S5_OPTIONS:-} \
        --out "$KEEP/s5-fast.npz" || note "FAILED: S5 fast") &
    fourth=$!
    wait $first $second $third $fourth
    tar -cf "$OUT/.a5.tar" -C "$KEEP" $(cd "$KEEP" && ls a5-*.npz s5-fast-*.npz) && mv "$OUT/.a5.tar" "$OUT/a5.tar"
    wait $s6
    cp "$KEEP/s6-fast-0.npz" "$OUT/.s6" && mv "$OUT/.s6" "$OUT/s6-fast-0.npz"
    if [ -n "${RECIPES:-}" ]; then
        left=$((${T_ALL:-575} - SECONDS + BEGUN))
        note "the recipes have $left s left"
        while kill -0 $recipes 2>/dev/null && [ $((SECONDS - BEGUN)) -lt "${T_ALL:-575}" ]; do sleep 1; done
        tar -czf "$OUT/.recipes.tgz" -C "$KEEP" recipes.log $(cd "$KEEP" && ls -d recipes 2>/dev/null) && mv "$OUT/.recipes.tgz" "$OUT/recipes.tgz"
    fi
    ls -l "$OUT" "$KEEP"
    note "end"
}

census() { # census SECONDS LAST, and the seconds of the command beside it
    note "census of $1 s"
    nvidia-smi --query-gpu=name,memory.total --format=csv,noheader
    export OMP_NUM_THREADS=1
    KEEP=$KEEP/$PART.$$ # nothing of an earlier call on the same machine
    mkdir -p "$KEEP"
    if [ -n "${BESIDE:-}" ]; then
        (timeout "$3" bash -c "$BESIDE" >"$KEEP/beside.log" 2>&1 || echo "FAILED: $BESIDE" >>"$KEEP/beside.log") &
        beside=$!
    fi
    $PYTHON benchmarks/gpu_census.py --seconds "$1" --last "$2" --out "$OUT" --keep "$KEEP" --device "$DEVICE" \
        ${CENSUS_OPTIONS:-} || note "FAILED: census"
    if [ -n "${BESIDE:-}" ]; then
        wait $beside
        tail -c 4000 "$KEEP/beside.log"
    fi
    rm -f "$OUT"/.*.part
    ls -l "$OUT"
    note "end"
}

fetch() {
    case ${2:-1} in
        1) cp "$KEEP"/s6-fast-[1-3].npz "$OUT" ;;
        2) $PYTHON benchmarks/packing.py "$KEEP/s7-full.npz" "$OUT" ;;
    esac
    ls -l "$OUT"
}

case $PART in
    check) check 2>&1 | tee "$OUT/session.log" ;;
    main) main 2>&1 | tee "$OUT/session.log" ;;
    census-check)
        CENSUS_OPTIONS="--check ${CENSUS_OPTIONS:-}"
        census "${T_ALL:-40}" 12 32 2>&1 | tee "$OUT/session.log"
        ;;
    census) census "${T_ALL:-535}" 35 "${T_BESIDE:-180}" 2>&1 | tee "$OUT/session.log" ;;
    fetch) fetch "$@" ;;
    *) echo "check, main, census-check, census or fetch; got $PART" >&2; exit 2 ;;
esac
