# One image for all processes. What follows its name picks one: `serve referrals`, `work referrals`, `migrate`.
#   docker build --tag jeugdregio .
FROM python:3.11-slim AS build
WORKDIR /app
COPY requirements/ requirements/
RUN python -m venv /opt/venv \
    && /opt/venv/bin/pip install --no-cache-dir --require-hashes --no-deps -r requirements/runtime.txt
COPY pyproject.toml README.md alembic.ini ./
COPY shared/ shared/
COPY services/ services/
COPY jeugdregio/ jeugdregio/
# Installing ourselves takes setuptools, as it is locked; running does not.
RUN sed -n '/^setuptools==/,/[^\\]$/p' requirements/development.txt > /tmp/setuptools.txt \
    && /opt/venv/bin/pip install --no-cache-dir --require-hashes --no-deps -r /tmp/setuptools.txt \
    && /opt/venv/bin/pip install --no-cache-dir --no-index --no-deps --no-build-isolation --editable . \
    && /opt/venv/bin/pip uninstall --yes setuptools pip \
    && python -m compileall -q shared services jeugdregio \
    && rm -rf requirements

FROM python:3.11-slim
ENV PATH="/opt/venv/bin:$PATH" \
    PYTHONUNBUFFERED=1 \
    PYTHONDONTWRITEBYTECODE=1 \
    HOST=0.0.0.0 \
    PORT=8000 \
    METRICS_PORT=9000 \
    REGION_FILE=/etc/jeugdregio/region.toml \
    DATA_FOLDER=/tmp/jeugdregio
COPY --from=build /opt/venv /opt/venv
COPY --from=build /app /app
WORKDIR /app
USER 10001:10001
EXPOSE 8000 9000
ENTRYPOINT ["jeugdregio"]
CMD ["--help"]
