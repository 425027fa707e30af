# The portal's image: build with the SDK, run on the ASP.NET runtime as a user without rights.
FROM mcr.microsoft.com/dotnet/sdk:10.0 AS build
WORKDIR /source
COPY global.json Directory.Build.props Directory.Packages.props .editorconfig ./
COPY src ./src
RUN dotnet publish src/Portal.Server -c Release -o /app

FROM mcr.microsoft.com/dotnet/aspnet:10.0
WORKDIR /app
COPY --from=build /app ./
RUN mkdir /data && chown app:app /data
USER app
ENV ASPNETCORE_URLS=http://+:8080 PORTAL_DATA=/data
VOLUME /data
EXPOSE 8080
ENTRYPOINT ["dotnet", "Portal.Server.dll"]
