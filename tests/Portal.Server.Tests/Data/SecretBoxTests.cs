using System.Security.Cryptography;
using Microsoft.Extensions.Configuration;
using Portal.Server.Data;

namespace Portal.Server.Tests.Data;

public sealed class SecretBoxTests
{
    private static readonly byte[] Key = RandomNumberGenerator.GetBytes(32);

    [Fact]
    public void What_was_protected_comes_back()
    {
        var box = new SecretBox(Key);
        Assert.Equal("grüße", box.RevealText(box.Protect("grüße", "t", "r", "c"), "t", "r", "c"));
    }

    [Theory]
    [InlineData("u", "r", "c")]
    [InlineData("t", "s", "c")]
    [InlineData("t", "r", "d")]
    public void A_value_that_was_moved_is_not_read(string table, string row, string column)
    {
        var box = new SecretBox(Key);
        var blob = box.Protect("text", "t", "r", "c");
        Assert.ThrowsAny<CryptographicException>(() => box.Reveal(blob, table, row, column));
    }

    [Fact]
    public void Another_key_does_not_read_it()
    {
        var blob = new SecretBox(Key).Protect("text", "t", "r", "c");
        Assert.ThrowsAny<CryptographicException>(() => new SecretBox(RandomNumberGenerator.GetBytes(32)).Reveal(blob, "t", "r", "c"));
    }

    [Fact]
    public void Equal_texts_are_not_equal_when_protected()
    {
        var box = new SecretBox(Key);
        Assert.NotEqual(box.Protect("text", "t", "r", "c"), box.Protect("text", "t", "r", "c"));
    }
}

public sealed class KeyAndSettingsTests(PortalServer portal)
{
    [Fact]
    public async Task A_database_of_another_key_stops_the_start_with_one_line()
    {
        var error = await Assert.ThrowsAsync<SettingsException>(() => DatabaseKeys.CheckFingerprintAsync(portal.Services, new SecretBox(RandomNumberGenerator.GetBytes(32))));
        Assert.DoesNotContain('\n', error.Message);
        Assert.Contains("PORTAL_KEY_FILE", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void The_key_file_is_for_its_owner_alone()
    {
        if (OperatingSystem.IsWindows())
        {
            return;
        }

        var file = Path.Combine(portal.DataDirectory, "keys", "portal.key");
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(file));
    }

    [Theory]
    [InlineData("PORTAL_ADMIN_PASSWORD", "short")]
    [InlineData("PORTAL_SANDBOX", "perhaps")]
    [InlineData("PORTAL_DATA", "/proc/no-such-place/data")]
    public void A_wrong_setting_is_named(string name, string value)
    {
        var settings = new Dictionary<string, string?> { ["PORTAL_DATA"] = portal.DataDirectory, [name] = value };
        var error = Assert.Throws<SettingsException>(() => PortalSettings.Read(new ConfigurationBuilder().AddInMemoryCollection(settings).Build(), portal.DataDirectory, development: false));
        Assert.Contains(name, error.Message, StringComparison.Ordinal);
        Assert.DoesNotContain(value == "short" ? value : "\n", error.Message, StringComparison.Ordinal);
    }
}
