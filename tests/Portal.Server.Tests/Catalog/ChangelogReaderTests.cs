using Portal.Server.Features.Catalog;
using Portal.Testing;

namespace Portal.Server.Tests.Catalog;

/// <summary>Vendors write changelogs in their own way: a kind went on into the next version, breaking changes were called changes, and whole versions were left out.</summary>
public sealed class ChangelogReaderTests
{
    [Fact]
    public void Versions_kinds_and_items_are_known_however_they_are_written()
    {
        const string text = """
            # Changelog
            ## Unreleased
            - not yet
            ## Version 2.0.0
            ### ⚠ BREAKING CHANGES
            1. keys are renamed
            #### Bug Fixes:
            + a fault
              over two lines
            ## [1.1.0](https://example.com) - 2026-01-31
            * a plain line
            - **BREAKING**: one more
            ### Security
            - a hole
            # v1.0.0 (yesterday)
            - the first
            """;
        var entries = ChangelogReader.Read(TestChart.Make("demo", "2.0.0", ("CHANGELOG.md", text)));
        Assert.Equal(
            ["2.0.0 Breaking keys are renamed", "2.0.0 Fixed a fault over two lines", "1.1.0 Breaking **BREAKING**: one more", "1.1.0 Security a hole", "1.1.0 Changed a plain line", "1.0.0 Changed the first"],
            entries.Select(e => $"{e.Version} {e.Kind} {e.Text}"));
    }
}
