# Twelvelead's server. `slim` (the default): compiled models on ONNX Runtime. `full`: both frameworks too.
# Neither has training, tests or a compiler. nginx listens, gunicorn runs behind it, as user 10001.
# With a read-only root file system only /dev/shm must stay writable: 256 MB of it (--shm-size) hold the uploads.
ARG BASE=python:3.11-slim-bookworm

FROM ${BASE} AS slim-packages
WORKDIR /build
COPY requirements-slim.lock ./
RUN python3 -m venv /venv \
  && /venv/bin/pip install --no-cache-dir --no-deps -r requirements-slim.lock \
  && /venv/bin/pip uninstall --yes pip setuptools
# 130 MB that nothing here opens: of plotly only its script is served, and ONNX Runtime brings its library twice
RUN find /venv/lib/python3*/site-packages/plotly -type f ! -name plotly.min.js -delete \
  && rm -rf /venv/share /venv/lib/python3*/site-packages/_plotly_utils /venv/lib/python3*/site-packages/narwhals \
    /venv/lib/python3*/site-packages/onnxruntime/capi/libonnxruntime.so.* \
    /venv/lib/python3*/site-packages/onnxruntime/quantization \
    /venv/lib/python3*/site-packages/onnxruntime/tools \
    /venv/lib/python3*/site-packages/onnxruntime/transformers \
  && find /venv -type d -name tests -prune -exec rm -rf {} + \
  && /venv/bin/python -c 'import cv2, numpy, onnxruntime'

FROM ${BASE} AS full-packages
ARG TORCH_INDEX=https://download.pytorch.org/whl/cpu
WORKDIR /build
COPY requirements.lock ./
# torch and torchvision in one call, from an index that has their CPU builds; an empty one is pip's own
RUN python3 -m venv /venv \
  && grep -E '^torch(vision)?==' requirements.lock > torch.txt \
  && /venv/bin/pip install --no-cache-dir --no-deps ${TORCH_INDEX:+--index-url "${TORCH_INDEX}"} -r torch.txt \
  && /venv/bin/pip install --no-cache-dir --no-deps -r requirements.lock \
  && /venv/bin/pip uninstall --yes pip
# 490 MB of C++ headers, tests and a compiler's parts, which nothing here runs
RUN rm -rf /venv/lib/python3*/site-packages/tensorflow/include /venv/lib/python3*/site-packages/clang \
    /venv/lib/python3*/site-packages/torch/include /venv/lib/python3*/site-packages/torch/test \
  && /venv/bin/python -c 'import torch' \
  && /venv/bin/python -c 'import keras'

# The app as it is served, its models compiled: minutes, so only once for the same models
FROM full-packages AS app
WORKDIR /app
COPY ecg ecg
COPY model_registry model_registry
COPY twelvelead twelvelead
COPY models models
RUN /venv/bin/python -m twelvelead compile --all
COPY . .
RUN rm -r twelvelead/cli twelvelead/__main__.py requirements*.lock \
  && /venv/bin/python -m compileall -q --invalidation-mode unchecked-hash .

# Without frameworks the weights that were compiled can't be read, so they stay out: 110 MB
FROM app AS slim-app
RUN find models -name 'weights.*' -delete

FROM ${BASE} AS server
# hadolint ignore=DL3008
RUN apt-get update \
  && apt-get install --yes --no-install-recommends libnginx-mod-http-lua libnginx-mod-stream nginx tini \
  && rm -rf /var/lib/apt/lists/* /var/cache/apt/* \
  && useradd --no-log-init --uid 10001 --user-group --no-create-home --home-dir /tmp \
    --shell /usr/sbin/nologin twelvelead
WORKDIR /app
# malloc: 16 MiB keep a page's pixels without new memory from the kernel, and give larger blocks back; with a second
# arena sixteen large pictures at once took 120 MB more (python -m benchmarks.attack.measure)
ENV PATH=/venv/bin:${PATH} \
    HOME=/tmp \
    HOST=0.0.0.0 \
    PORT=8080 \
    RUN_DIR=/dev/shm/twelvelead \
    MALLOC_ARENA_MAX=1 \
    MALLOC_MMAP_THRESHOLD_=16777216 \
    MALLOC_TRIM_THRESHOLD_=16777216 \
    ORT_DISABLE_TELEMETRY=1 \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1
USER 10001:10001
EXPOSE 8080
HEALTHCHECK --interval=30s --timeout=5s --start-period=30s --retries=3 \
  CMD ["python", "-c", "import os, urllib.request as r; r.urlopen(f\"http://127.0.0.1:{os.environ['PORT']}/livez\", timeout=4)"]
ENTRYPOINT ["tini", "-s", "--"]
CMD ["python", "container/supervise.py", "app:create_app()"]

FROM server AS full
LABEL org.opencontainers.image.title="Twelvelead, with TensorFlow and PyTorch" \
      org.opencontainers.image.description="ECG classifiers side by side. For education and research, not a medical device." \
      org.opencontainers.image.licenses="Apache-2.0"
COPY --from=full-packages /venv /venv
COPY --from=app /app /app

FROM server AS slim
LABEL org.opencontainers.image.title="Twelvelead" \
      org.opencontainers.image.description="ECG classifiers side by side. For education and research, not a medical device." \
      org.opencontainers.image.licenses="Apache-2.0"
COPY --from=slim-packages /venv /venv
COPY --from=slim-app /app /app
