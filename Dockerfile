# The broker in production: `docker build -t identity-broker .`, then deploy/compose.yaml shows it beside PostgreSQL.
# Mount the configuration at /etc/broker/config.yaml. Nothing is written inside the container, so it runs with a
# read-only root; SQLite, where it is used, needs a volume at /var/lib/broker.

FROM python:3.13-slim AS build
WORKDIR /src
RUN pip install --no-cache-dir --disable-pip-version-check "uv>=0.13,<0.14"
# Bytecode is compiled here, because at run time nothing may be written.
ENV UV_PROJECT_ENVIRONMENT=/opt/broker UV_COMPILE_BYTECODE=1 UV_LINK_MODE=copy UV_PYTHON_DOWNLOADS=never
COPY pyproject.toml uv.lock README.md LICENSE CHANGELOG.md config.yaml ./
COPY broker ./broker
# Exactly what the lock file names, each file checked against its hash.
RUN uv sync --locked --no-dev --no-editable --no-cache

FROM python:3.13-slim
RUN useradd --system --uid 10001 --user-group --no-create-home --shell /usr/sbin/nologin broker \
    && install -d -o broker -g broker -m 0700 /var/lib/broker
COPY --from=build /opt/broker /opt/broker
ENV PATH=/opt/broker/bin:$PATH \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1 \
    BROKER_CONFIG=/etc/broker/config.yaml \
    BROKER_SERVICE__ENVIRONMENT=production \
    BROKER_SERVER__PUBLIC__ADDRESS=0.0.0.0:8000 \
    BROKER_SERVER__ADMIN__ADDRESS=127.0.0.1:8001
# The admin address stays on the container's own loopback: `docker exec` reaches the commands, and to let Prometheus in
# set BROKER_SERVER__ADMIN__ADDRESS=0.0.0.0:8001 on a network that only Prometheus shares.
USER 10001:10001
WORKDIR /var/lib/broker
EXPOSE 8000
# Of the admin address, which speaks plain http also where server.public.tls is set. Through the standard library, as the
# image has no curl; http.client, because it asks no proxy.
HEALTHCHECK --interval=10s --timeout=5s --start-period=15s --retries=3 \
    CMD ["python", "-c", "import http.client as h, os; port = os.environ['BROKER_SERVER__ADMIN__ADDRESS'].rpartition(':')[2]; c = h.HTTPConnection('127.0.0.1', int(port), timeout=4); c.request('GET', '/health/ready'); raise SystemExit(c.getresponse().status != 200)"]
ENTRYPOINT ["broker"]
CMD ["serve"]
