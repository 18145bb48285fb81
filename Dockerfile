# A Meltano project with the taps and two loaders: docker build -t timecost-taps . && docker run --env-file .env timecost-taps run tap-clockify target-postgres
# Python 3.12: the last one that duckdb 1.0.0 has wheels for.
FROM python:3.12-slim
RUN useradd --create-home --uid 1000 meltano && pip install --no-cache-dir meltano==4.4.1
COPY --chown=meltano . /project
USER 1000
WORKDIR /project
ENV MELTANO_CLI_DISABLE_VERSION_CHECK=true
RUN meltano install tap-clockify tap-clicktime tap-perform target-duckdb target-postgres
ENTRYPOINT ["meltano"]
CMD ["--help"]
