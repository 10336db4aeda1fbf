# magpie serve over the home that is mounted at /home/magpie:
#
#     docker build -t magpie .
#     docker run -p 8080:8080 -v "$PWD/magpie-home:/home/magpie" magpie
#     docker run -v "$PWD/magpie-home:/home/magpie" -v "$PWD/data:/data" magpie import /data/ml-latest-small --home /home/magpie
#
# The image that Amazon SageMaker starts with the words serve and train:
#
#     docker build -t magpie-sagemaker --target sagemaker .
ARG SWIFT=6.3

FROM swift:${SWIFT}-bookworm AS build
RUN apt-get -q update && apt-get -q -y install --no-install-recommends \
        libsqlite3-dev libstemmer-dev zlib1g-dev && rm -rf /var/lib/apt/lists/*
WORKDIR /src
COPY Package.swift ./
COPY Sources Sources
COPY Tests Tests
RUN swift build -c release --product magpie && cp "$(swift build -c release --show-bin-path)/magpie" /usr/local/bin/

FROM swift:${SWIFT}-bookworm-slim AS runtime
RUN apt-get -q update && apt-get -q -y install --no-install-recommends \
        libsqlite3-0 libstemmer0d libxgboost0 tzdata && rm -rf /var/lib/apt/lists/*
COPY --from=build /usr/local/bin/magpie /usr/local/bin/magpie

FROM runtime AS sagemaker
ENTRYPOINT ["magpie", "sagemaker"]

FROM runtime AS serve
RUN useradd --create-home --uid 10001 magpie
USER magpie
VOLUME /home/magpie
EXPOSE 8080
STOPSIGNAL SIGTERM
ENTRYPOINT ["magpie"]
CMD ["serve", "--host", "0.0.0.0", "--home", "/home/magpie"]
