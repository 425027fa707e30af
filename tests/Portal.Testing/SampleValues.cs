namespace Portal.Testing;

/// <summary>Values for the sample chart with passwords of their own: those of its defaults are known to everybody, and stop an install.</summary>
public static class SampleValues
{
    public const string Administrator = "dataPlane: {adminUser: {temporaryPassword: own-password-1}}\n";
    public const string Services = "keycloak: {adminPassword: own-password-2}\nstorage: {settings: {accessKey: own-access, secretKey: own-password-3}}\n";
    public const string Database = "database: {password: own-password-4}\n";
    public const string Passwords = Administrator + Services + Database;
}
