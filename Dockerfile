# The binary "scheduler" on the ASP.NET runtime. docker build -t scheduler .
FROM mcr.microsoft.com/dotnet/sdk:10.0 AS build
WORKDIR /src
# Packages are restored anew only when the projects change.
COPY global.json Directory.Build.props Directory.Packages.props BannedSymbols.txt .editorconfig ./
COPY src/Scheduler/Scheduler.csproj src/Scheduler/packages.lock.json src/Scheduler/
COPY src/Scheduler.Server/Scheduler.Server.csproj src/Scheduler.Server/packages.lock.json src/Scheduler.Server/
RUN dotnet restore src/Scheduler.Server/Scheduler.Server.csproj --locked-mode
COPY sql sql
COPY src src
RUN dotnet publish src/Scheduler.Server/Scheduler.Server.csproj --no-restore -c Release -o /app

FROM mcr.microsoft.com/dotnet/aspnet:10.0
LABEL org.opencontainers.image.title="scheduler" \
      org.opencontainers.image.description="A clustered job server on Quartz.NET and PostgreSQL"
# pg_dump and pg_restore for jobs of kind postgres.backup, and psql. They refuse servers newer than themselves: the newest there are, from
# PostgreSQL's own archive, which the distribution's package knows how to add.
RUN apt-get update \
    && apt-get install -y --no-install-recommends postgresql-common \
    && /usr/share/postgresql-common/pgdg/*.sh -y \
    && apt-get install -y --no-install-recommends postgresql-client-18 \
    && apt-get clean \
    && rm -rf /var/lib/apt/lists/*
WORKDIR /opt/scheduler
COPY --from=build /app ./
# Job files are the operator's: mount them here, read-only. Where 'scheduler config apply' brings them from elsewhere, run "serve" without --jobs.
VOLUME ["/etc/scheduler/jobs"]
# The base image's user without rights, app, by its number; nothing of the image is writable by it.
USER 1654
# Beyond the container's loopback there is no way in without it; /metrics stays closed until telemetry.token is set.
ENV SCHEDULER__HTTP__ADDRESS=0.0.0.0 \
    SCHEDULER__HTTP__PORT=8080 \
    SCHEDULER_SECRETS_DIR=/run/secrets
EXPOSE 8080
# A node may wait a minute for its database at the start; it answers only then. Where it listens the check knows from the variables above.
HEALTHCHECK --interval=10s --timeout=5s --retries=9 \
    CMD ["/opt/scheduler/scheduler", "health"]
STOPSIGNAL SIGTERM
ENTRYPOINT ["/opt/scheduler/scheduler"]
CMD ["serve", "--jobs", "/etc/scheduler/jobs"]
