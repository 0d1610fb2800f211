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
WORKDIR /opt/scheduler
COPY --from=build /app ./
COPY config/jobs /etc/scheduler/jobs
# The image's own user without rights (uid 1654); nothing of the image is writable by it.
USER $APP_UID
# Beyond the container's loopback there is no way in without it; /metrics stays closed until telemetry.token is set.
ENV SCHEDULER__HTTP__ADDRESS=0.0.0.0 \
    SCHEDULER__HTTP__PORT=8080 \
    SCHEDULER_SECRETS_DIR=/run/secrets
EXPOSE 8080
# A node may wait a minute for its database at the start; it answers only then.
HEALTHCHECK --interval=10s --timeout=5s --retries=9 \
    CMD ["/opt/scheduler/scheduler", "health", "--url", "http://127.0.0.1:8080"]
STOPSIGNAL SIGTERM
ENTRYPOINT ["/opt/scheduler/scheduler"]
CMD ["serve", "--jobs", "/etc/scheduler/jobs"]
