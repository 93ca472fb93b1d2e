# Twelvelead's server: the app, its models and both frameworks' CPU builds. No training, no tests.
ARG BASE=python:3.11-slim-bookworm

FROM ${BASE} AS build
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

FROM ${BASE}
LABEL org.opencontainers.image.title="Twelvelead" \
      org.opencontainers.image.description="ECG classifiers side by side. For education and research, not a medical device." \
      org.opencontainers.image.licenses="Apache-2.0"
RUN useradd --no-log-init --uid 10001 --user-group --no-create-home --home-dir /tmp \
  --shell /usr/sbin/nologin twelvelead
COPY --from=build /venv /venv
WORKDIR /app
COPY . .
ENV PATH=/venv/bin:${PATH} \
    HOME=/tmp \
    HOST=0.0.0.0 \
    PORT=8080 \
    MALLOC_MMAP_THRESHOLD_=268435456 \
    MALLOC_TRIM_THRESHOLD_=268435456 \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1
USER 10001:10001
EXPOSE 8080
HEALTHCHECK --interval=30s --timeout=5s --start-period=30s --retries=3 \
  CMD ["python", "-c", "import os, urllib.request as r; r.urlopen(f\"http://127.0.0.1:{os.environ['PORT']}/livez\", timeout=4)"]
CMD ["gunicorn", "--config", "gunicorn.conf.py", "app:create_app()"]
