using System.Formats.Tar;
using System.IO.Compression;
using Portal.Helm.Charts;
using Portal.Helm.Rendering;
using Portal.Helm.Templating;
using Portal.Helm.Yaml;
using static Portal.Helm.Tests.TextChart;

namespace Portal.Helm.Tests;

/// <summary>Charts are other people's code: what they may use up is limited, and each limit can be set.</summary>
public sealed class LimitsTests
{
    private static void Refused(string text, string template, TemplateLimits? limits = null) =>
        Assert.Contains(text, Assert.Throws<TemplateLimitException>(() => Render(template, limits)).Message, StringComparison.Ordinal);

    [Fact]
    public void Steps_are_limited()
    {
        Assert.Equal("0123456789", Render("{{ range 10 }}{{ . }}{{ end }}", new TemplateLimits { Steps = 100 }));
        Refused("more than 100 steps", "{{ range 100 }}{{ . }}{{ end }}", new TemplateLimits { Steps = 100 });
    }

    [Theory]
    [InlineData("{{ define \"a\" }}{{ include \"a\" . }}{{ end }}{{ include \"a\" . }}")]
    [InlineData("{{ define \"a\" }}{{ template \"a\" . }}{{ end }}{{ template \"a\" . }}")]
    [InlineData("{{ $t := \"{{ tpl $.t $ }}\" }}{{ tpl $t (dict \"t\" $t) }}")]
    public void Templates_that_call_themselves_end(string template) => Refused("more than 50 levels deep", template, new TemplateLimits { Depth = 50 });

    [Fact]
    public void Output_is_limited() => Refused("write more than 1000 characters", "{{ range 1001 }}x{{ end }}", new TemplateLimits { Output = 1000 });

    [Fact]
    public void Time_is_limited() => Refused("take longer than 0.1 s", "{{ range 2000000000 }}{{ end }}", new TemplateLimits { Time = TimeSpan.FromMilliseconds(100), Steps = long.MaxValue });

    // Few steps, each of them slow: the clock is looked at behind every function.
    [Fact]
    public void Time_is_limited_inside_slow_functions_as_well() => Refused("take longer than 0.1 s", "{{ range 1000 }}{{ $_ := bcrypt \"x\" }}{{ end }}", new TemplateLimits { Time = TimeSpan.FromMilliseconds(100) });

    [Theory]
    [InlineData("a text of more than 1000 characters", "{{ $s := \"x\" }}{{ range 60 }}{{ $s = print $s $s }}{{ end }}")]
    [InlineData("a text of more than 1000 characters", "{{ repeat 1001 \"x\" | len }}")]
    [InlineData("more than 100 items", "{{ $l := list 1 }}{{ range 60 }}{{ $l = concat $l $l }}{{ end }}")]
    [InlineData("more than 5000 characters together", "{{ range 100 }}{{ $s := repeat 900 \"x\" }}{{ end }}")]
    public void What_functions_make_is_limited(string text, string template) => Refused(text, template, new TemplateLimits { Text = 1000, Items = 100, Made = 5000 });

    [Theory]
    [InlineData("repeat 2000000000 \"x\"")]
    [InlineData("indent 2000000000 \"x\"")]
    [InlineData("indent 4294967298 \"x\"")]
    [InlineData("nindent 9223372036854775807 \"x\"")]
    [InlineData("repeat 4294967297 \"x\"")]
    [InlineData("nindent 2000000000 \"x\"")]
    [InlineData("until 2000000000")]
    [InlineData("untilStep 0 2000000000 1")]
    [InlineData("seq 1 2000000000")]
    [InlineData("replace \"a\" (repeat 1000000 \"b\") (repeat 1000000 \"a\")")]
    [InlineData("join (repeat 1000000 \"b\") (until 100000)")]
    [InlineData("nindent 1000 (repeat 3000000 \"\\n\")")]
    [InlineData("regexReplaceAll \"a\" (repeat 100000 \"a\") (repeat 100000 \"b\")")]
    [InlineData("wrapWith 1 (repeat 10000000 \"x\") (repeat 1000 \"a\")")]
    public void One_call_makes_no_gigabytes(string call) => Refused("makes more than", $"{{{{ {call} | len }}}}");

    /// <summary>Gigabytes of one text that stands in a list many times, before anybody asked how long it was.</summary>
    [Theory]
    [InlineData("print $x $x $x $x $x $x $x $x")]
    [InlineData("cat $x $x $x $x $x $x $x $x")]
    [InlineData("toJson (list $x $x $x $x $x $x $x $x)")]
    [InlineData("toYaml (list $x $x $x $x $x $x $x $x)")]
    [InlineData("toString (list $x $x $x $x $x $x $x $x)")]
    [InlineData("printf \"%v%v\" $x (list $x $x $x $x $x $x)")]
    public void One_text_many_times_makes_no_gigabytes(string call) => Refused("makes more than 64 MiB", $"{{{{ $x := repeat 10000000 \"a\" }}}}{{{{ {call} | len }}}}");

    /// <summary>The time-out of an expression ended the process.</summary>
    [Fact]
    public void An_expression_that_takes_too_long_ends_the_template() =>
        Refused("takes too long", "{{ regexMatch \"((a{0,100}){0,10}b)?c$\" (repeat 20000 \"a\") }}");

    // Each of these ended the process by a stack that ran over, or by its memory: a chart may put a table into itself.
    [Theory]
    [InlineData("toYaml $d")]
    [InlineData("toJson $d")]
    [InlineData("deepCopy $d")]
    [InlineData("merge $d $e")]
    [InlineData("mergeOverwrite $d $e")]
    public void A_table_that_contains_itself_is_an_error(string call) =>
        Refused("contains itself", $"{{{{ $d := dict }}}}{{{{ $_ := set $d \"a\" $d }}}}{{{{ $e := dict }}}}{{{{ $_ := set $e \"a\" $e }}}}{{{{ {call} | len }}}}");

    /// <summary>A table that holds one table twice, 40 levels deep: its copy had no end, and ran for minutes.</summary>
    [Theory]
    [InlineData("deepCopy $x")]
    [InlineData("merge $x $y")]
    [InlineData("mergeOverwrite $x $y")]
    [InlineData("toToml $x")]
    public void A_table_that_holds_one_table_many_times_is_gone_through_to_an_end(string call) =>
        Refused("more than ", $"{{{{ $x := dict \"a\" 1 }}}}{{{{ $y := dict \"a\" 1 }}}}{{{{ range until 40 }}}}{{{{ $x = dict \"a\" $x \"b\" $x }}}}{{{{ $y = dict \"a\" $y \"b\" $y }}}}{{{{ end }}}}{{{{ {call} | len }}}}");

    /// <summary>The last step went beyond the largest number and came back at the other end, until the memory was full; and a long word was looked through anew for each of its lines.</summary>
    [Theory]
    [InlineData("{{ untilStep 9223372036854775800 9223372036854775807 5 }}", "[9223372036854775800 9223372036854775805]")]
    [InlineData("{{ untilStep -9223372036854775800 -9223372036854775807 -5 }}", "[-9223372036854775800 -9223372036854775805]")]
    [InlineData("{{ wrapWith 1 \"\" (repeat 3000000 \"a\") | len }}", "5999999")]
    public void What_has_an_end_ends_soon(string template, string expected) => Assert.Equal(expected, Render(template));

    /// <summary>Each digit was multiplied into a number that grew with them, and each item compared with all before it: minutes, which no limit ended.</summary>
    [Theory]
    [InlineData("{{ $x := repeat 10000000 \"9\" }}{{ int $x }} {{ int64 $x }} {{ add $x 1 }} {{ toDecimal $x }} {{ int (print \"0x\" $x) }}", "0 0 1 0 0")]
    [InlineData("{{ $x := repeat 10000000 \"9\" }}{{ atoi $x }} {{ float64 $x }} {{ float64 (print \"1.\" $x) }}", "9223372036854775807 0 2")]
    [InlineData("{{ $x := shuffle (repeat 5000000 \"ab\") }}{{ len $x }} {{ $x | replace \"a\" \"\" | len }} {{ eq $x (repeat 5000000 \"ab\") }}", "10000000 5000000 false")]
    [InlineData("{{ uniq (until 100000) | len }} {{ uniq (splitList \"a\" (repeat 900000 \"a\")) | len }}", "100000 1")]
    public void What_is_long_is_not_slow_for_it(string template, string expected)
    {
        var watch = System.Diagnostics.Stopwatch.StartNew();
        Assert.Equal(expected, Render(template));
        Assert.True(watch.Elapsed < TimeSpan.FromSeconds(60), $"{watch.Elapsed}");
    }

    /// <summary>One call of these takes many seconds for a text of many megabytes: they look at the clock themselves.</summary>
    [Theory]
    [InlineData("kebabcase $x")]
    [InlineData("snakecase $x")]
    public void Time_is_limited_within_functions_that_go_through_a_long_text(string call)
    {
        var watch = System.Diagnostics.Stopwatch.StartNew();
        Refused("take longer than 0.3 s", $"{{{{ $x := repeat 12000000 \"aB -\" }}}}{{{{ $_ := {call} }}}}", new TemplateLimits { Time = TimeSpan.FromMilliseconds(300) });
        Assert.True(watch.Elapsed < TimeSpan.FromSeconds(30), $"{watch.Elapsed}");
    }

    [Fact]
    public void Time_is_limited_where_items_are_told_apart_by_their_depths_only() =>
        Refused("take longer than 0.3 s", "{{ $l := list }}{{ range until 3000 }}{{ $l = append $l (list (list (list (list .)))) }}{{ end }}{{ $_ := uniq $l }}", new TemplateLimits { Time = TimeSpan.FromMilliseconds(300) });

    /// <summary>Two tables that hold one table twice, 40 levels deep, were compared a billion times a billion: the process never ended.</summary>
    [Theory]
    [InlineData("{{ $x := dict \"a\" 1 }}{{ $y := dict \"a\" 1 }}{{ range until 40 }}{{ $x = dict \"a\" $x \"b\" $x }}{{ $y = dict \"a\" $y \"b\" $y }}{{ end }}{{ deepEqual $x $y }}{{ has $x (list $y) }}")]
    [InlineData("{{ $x := dict }}{{ $_ := set $x \"a\" $x }}{{ $y := dict }}{{ $_ := set $y \"a\" $y }}{{ deepEqual $x $y }}{{ deepEqual $x $x }}")]
    public void A_pair_of_tables_is_compared_once(string template) => Assert.Equal("truetrue", Render(template));

    /// <summary>Sixty million matches were collected before anybody counted them: that took minutes.</summary>
    [Theory]
    [InlineData("regexFindAll \"a\" $x -1")]
    [InlineData("regexSplit \"a\" $x -1")]
    public void Matches_are_counted_while_they_are_found(string call) => Refused("an expression has more than a million matches", $"{{{{ $x := repeat 60000000 \"a\" }}}}{{{{ {call} | len }}}}");

    [Theory]
    [InlineData("dateModify (repeat 10000000 \"1h\") now")]
    [InlineData("toDate (repeat 1000000 \"2006\") (repeat 1000000 \"2006\")")]
    public void Dates_and_durations_have_a_longest_text(string call) => Refused("dates and durations have at most 100000 characters", $"{{{{ {call} }}}}");

    // Its indentation is too long before its depth is.
    [Fact]
    public void A_table_that_contains_itself_is_not_printed_pretty() => Refused("toPrettyJson makes more than 64 MiB", "{{ $d := dict }}{{ $_ := set $d \"a\" $d }}{{ toPrettyJson $d | len }}");

    /// <summary>Each item was compared with each other one: 40,000 took minutes.</summary>
    [Fact]
    public void Many_unique_items_are_checked_soon()
    {
        var schema = System.Text.Encoding.UTF8.GetBytes("""{"properties":{"a":{"uniqueItems":true}}}""");
        List<object?> items = [.. Enumerable.Range(0, 40_000).Select(i => (object?)new Dictionary<string, object?> { ["n"] = (double)i, ["list"] = new List<object?> { "x", i % 2 == 0 } })];
        var values = new Dictionary<string, object?> { ["a"] = items };
        var watch = System.Diagnostics.Stopwatch.StartNew();
        Assert.Empty(SchemaValidator.Check(schema, values));
        Assert.True(watch.Elapsed < TimeSpan.FromSeconds(10), $"{watch.Elapsed}");
        items.Add(new Dictionary<string, object?> { ["list"] = new List<object?> { "x", false }, ["n"] = 7L });
        Assert.Contains("items at 7 and 40000 are equal", Assert.Single(SchemaValidator.Check(schema, values)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_chart_reads_its_own_files_only()
    {
        var chart = Of(("files/own.txt", "own"), ("templates/x.txt", "{{ .Files.Get \"../../etc/passwd\" }}{{ .Files.Get \"/etc/passwd\" }}{{ range $p, $_ := .Files.Glob \"/etc/*\" }}{{ $p }}{{ end }}{{ .Files.Get \"files/own.txt\" }}"));
        Assert.Equal("own", new ChartRenderer().RenderFiles(chart, [], new ReleaseOptions("rel", "ns"))["demo/templates/x.txt"]);
    }

    [Fact]
    public void Names_of_hosts_are_not_looked_up() => Assert.Equal("", Render("{{ getHostByName \"localhost\" }}"));

    [Theory]
    [InlineData("[")]
    [InlineData("{a: ")]
    [InlineData("- ")]
    public void Deep_YAML_is_refused(string open) => Assert.Throws<YamlException>(() => GoYaml.Read(string.Concat(Enumerable.Repeat(open, 20_000))));

    [Fact]
    public void Aliases_that_multiply_are_refused()
    {
        var text = new System.Text.StringBuilder("a0: &a0 [x,x,x,x,x,x,x,x,x,x]\n");
        for (var i = 1; i < 20; i++)
        {
            text.Append($"a{i}: &a{i} [{string.Join(',', Enumerable.Repeat("*a" + (i - 1), 10))}]\n");
        }

        Assert.Throws<YamlException>(() => GoYaml.Read(text.ToString()));
    }

    // Found by fuzzing: the loader fell over the second of two files with one path.
    [Fact]
    public void A_path_that_comes_twice_means_its_last_file()
    {
        using var archive = Archive(t => { File(t, "demo/values.yaml", "a: 1"u8.ToArray()); File(t, "demo/values.yaml", "a: 2"u8.ToArray()); });
        var chart = ChartLoader.LoadArchive(archive);
        Assert.Equal("a: 2", chart.ValuesText);
        Assert.Equal(3, chart.Raw.Count);
    }

    // Found by fuzzing: a verb that is a byte outside of UTF-8 ended the render with an exception of .NET.
    [Fact]
    public void A_verb_that_is_no_character_is_a_wrong_verb() => Assert.Equal("%!\uFFFD(int=1)%!\uFFFD(<nil>)", Render("{{ printf (print \"%\" (b64dec \"/w==\")) 1 }}{{ printf (print \"%\" (b64dec \"/w==\")) .nothing }}"));

    // Found by fuzzing: an exception of YamlDotNet came out.
    [Fact]
    public void A_tag_that_is_no_address_is_refused() => Assert.Throws<YamlException>(() => GoYaml.Read("a: !<%> b"));

    // Found by fuzzing: .NET's reader of tar files ends with an exception for wrong use.
    [Fact]
    public void An_archive_with_a_wrong_size_is_none()
    {
        var bytes = Archive(t => File(t, "demo/a", [1])).ToArray();
        using var tar = new MemoryStream();
        using (var gzip = new GZipStream(new MemoryStream(bytes), CompressionMode.Decompress))
        {
            gzip.CopyTo(tar);
        }

        // The size of the first entry, which is the extended header: eleven octal digits at 124.
        var broken = tar.ToArray();
        "77777777777"u8.CopyTo(broken.AsSpan(124));
        using var packed = new MemoryStream();
        using (var gzip = new GZipStream(packed, CompressionLevel.Fastest, leaveOpen: true))
        {
            gzip.Write(broken);
        }

        packed.Position = 0;
        Assert.Contains("not a chart archive", Assert.Throws<ChartException>(() => ChartLoader.LoadArchive(packed)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Deep_templates_are_refused()
    {
        Assert.Throws<RenderException>(() => Render("{{" + new string('(', 100_000) + "}}"));
        Assert.Throws<RenderException>(() => Render(string.Concat(Enumerable.Repeat("{{if 1}}", 20_000)) + string.Concat(Enumerable.Repeat("{{end}}", 20_000))));
    }

    private static readonly string[] Plain = ["demo/Chart.yaml", "demo/templates/x.yaml"];

    private static MemoryStream Archive(Action<TarWriter> more) => Packed(tar =>
    {
        foreach (var name in Plain)
        {
            File(tar, name, "apiVersion: v2\nname: demo\nversion: 1.0.0\n"u8.ToArray());
        }

        more(tar);
    });

    private static MemoryStream Packed(Action<TarWriter> write)
    {
        var stream = new MemoryStream();
        using (var gzip = new GZipStream(stream, CompressionLevel.Fastest, leaveOpen: true))
        using (var tar = new TarWriter(gzip, TarEntryFormat.Pax))
        {
            write(tar);
        }

        stream.Position = 0;
        return stream;
    }

    private static void File(TarWriter tar, string name, byte[] data) => tar.WriteEntry(new PaxTarEntry(TarEntryType.RegularFile, name) { DataStream = new MemoryStream(data) });

    private static void ArchiveRefused(string text, Action<TarWriter> more, ChartLimits? limits = null) =>
        Assert.Contains(text, Assert.Throws<ChartException>(() => ChartLoader.LoadArchive(Archive(more), limits)).Message, StringComparison.Ordinal);

    [Fact]
    public void An_archive_may_not_be_a_bomb()
    {
        Assert.Equal("demo", ChartLoader.LoadArchive(Archive(_ => { })).Name);
        ArchiveRefused("unable to load chart archive: decompressed chart file \"demo/files/big\" is larger than the maximum file size 1000", t => File(t, "demo/files/big", new byte[1001]), new ChartLimits { FileBytes = 1000 });
        ArchiveRefused("unable to load chart archive: decompressed chart is larger than the maximum size 1500", t => { File(t, "demo/a", new byte[999]); File(t, "demo/b", new byte[999]); }, new ChartLimits { FileBytes = 1000, TotalBytes = 1500 });
        ArchiveRefused("more than 3 files", t => { File(t, "demo/a", []); File(t, "demo/b", []); }, new ChartLimits { Files = 3 });
    }

    // A file that says it is a gigabyte of zeros compresses to a megabyte; it is not read.
    [Fact]
    public void A_file_too_large_is_refused_before_it_is_unpacked()
    {
        var before = GC.GetAllocatedBytesForCurrentThread();
        ArchiveRefused("is larger than", t => File(t, "demo/files/zeros", new byte[40 * 1024 * 1024]), null);
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 100 * 1024 * 1024);
    }

    [Theory]
    [InlineData("demo/../../etc/cron.d/x", "chart illegally references parent directory")]
    [InlineData("demo/..data", "chart illegally references parent directory")]
    [InlineData("../etc/cron.d/x", "chart illegally references parent directory")]
    [InlineData("/etc/cron.d/x", "chart illegally contains absolute paths")]
    [InlineData("demo//etc/x", "chart illegally contains absolute paths")]
    [InlineData("demo\\..\\..\\x", "chart illegally references parent directory")]
    [InlineData("top-level", "chart illegally contains content outside the base directory: \"top-level\"")]
    [InlineData("demo/c:/x", "chart contains illegally named files")]
    [InlineData("demo/./d/../c:/x", "chart contains illegally named files")]
    [InlineData("demo\\c:\\x", "chart contains illegally named files")]
    [InlineData("c:\\Chart.yaml", "chart contains illegally named files")]
    [InlineData("Chart.yaml/x", "chart yaml not in base directory")]
    public void An_archive_may_not_name_places_outside_of_the_chart(string name, string text) => ArchiveRefused("unable to load chart archive: " + text, t => File(t, name, [1]));

    // Helm cleans a path before it judges it.
    [Fact]
    public void A_way_back_inside_of_the_chart_is_none_out_of_it() =>
        Assert.Contains(ChartLoader.LoadArchive(Archive(t => File(t, "demo/files/../notes", [1]))).Files, f => f.Name == "notes");

    [Fact]
    public void An_archive_without_a_chart_is_told_from_one_without_files()
    {
        Assert.Equal("unable to detect chart version, no Chart.yaml found", Assert.Throws<ChartException>(() => ChartLoader.LoadArchive(Packed(t => File(t, "demo/values.yaml", [])))).Message);
        Assert.Equal("unable to load chart archive: no files in chart archive", Assert.Throws<ChartException>(() => ChartLoader.LoadArchive(Packed(t => t.WriteEntry(new PaxTarEntry(TarEntryType.Directory, "demo/"))))).Message);
    }

    [Theory]
    [InlineData("apiVersion: v7\nname: demo\nversion: 1.0.0\n", "unsupported chart version")]
    [InlineData("apiVersion: v3\nname: demo\nversion: 1.0.0\n", "invalid chart apiVersion")]
    [InlineData("name: ..\nversion: 1.0.0\n", "validation: chart.metadata.name \"..\" is not allowed")]
    [InlineData("name: a\nversion: 1.0.0\ndependencies: [{name: b, alias: a.b}]\n", "validation: dependency \"b\" has disallowed characters in the alias")]
    [InlineData("name: a\nversion: 1.0.0\ndependencies: [{name: b}, {name: c, alias: b}]\n", "validation: more than one dependency with name or alias \"b\"")]
    public void A_chart_that_calls_itself_wrongly_is_refused(string chart, string text) =>
        Assert.Equal(text, Assert.Throws<ChartException>(() => ChartLoader.LoadArchive(Packed(t => File(t, "demo/Chart.yaml", System.Text.Encoding.UTF8.GetBytes(chart))))).Message);

    [Fact]
    public void A_subchart_that_is_none_is_named_with_its_parent()
    {
        ArchiveRefused("error unpacking subchart README.md in demo: Chart.yaml file is missing", t => File(t, "demo/charts/README.md", [1]));
        ArchiveRefused("error unpacking subchart sub in demo: validation: chart.metadata.name is required", t => File(t, "demo/charts/sub/Chart.yaml", "version: 1.0.0"u8.ToArray()));
        ArchiveRefused("error unpacking subchart sub.tgz in demo: chart contains illegally named files", t => File(t, "demo/charts/sub.tgz", Packed(inner => File(inner, "sub/c:/x", [1])).ToArray()));
        ArchiveRefused("error unpacking subchart tar in demo: expected sub.tgz, got sub.tgz/x", t => File(t, "demo/charts/sub.tgz/x", [1]));
        Assert.Contains(ChartLoader.LoadArchive(Archive(t => File(t, "demo/charts/sub.tgz.prov", [1]))).Files, f => f.Name == "charts/sub.tgz.prov");
    }

    [Theory]
    [InlineData(TarEntryType.SymbolicLink)]
    [InlineData(TarEntryType.HardLink)]
    [InlineData(TarEntryType.CharacterDevice)]
    [InlineData(TarEntryType.Fifo)]
    public void An_archive_holds_files_only(TarEntryType type) =>
        ArchiveRefused("a chart holds plain files only", t => t.WriteEntry(type is TarEntryType.SymbolicLink or TarEntryType.HardLink ? new PaxTarEntry(type, "demo/link") { LinkName = "/etc/passwd" } : new PaxTarEntry(type, "demo/link")));

    // Found by fuzzing: a file that is called like the folder of subcharts.
    [Fact]
    public void A_path_in_an_archive_is_read_without_its_empty_parts()
    {
        Assert.Empty(ChartLoader.LoadArchive(Archive(t => File(t, "demo/charts/", [1]))).Dependencies);
        Assert.Contains(ChartLoader.LoadArchive(Archive(t => File(t, "demo/./files//a", [1]))).Files, f => f.Name == "files/a");
    }

    [Fact]
    public void Archives_inside_of_archives_end()
    {
        var inner = Archive(_ => { }).ToArray();
        for (var i = 0; i < 40; i++)
        {
            var wrapped = inner;
            inner = Archive(t => File(t, "demo/charts/demo-1.0.0.tgz", wrapped)).ToArray();
        }

        Assert.Contains("levels deep", Assert.Throws<ChartException>(() => ChartLoader.LoadArchive(new MemoryStream(inner))).Message, StringComparison.Ordinal);
    }

    // Each archive is small, all together are not.
    [Fact]
    public void The_limits_hold_for_all_archives_of_a_chart_together()
    {
        var inner = Archive(t => File(t, "demo/a", new byte[900])).ToArray();
        ArchiveRefused("decompressed chart is larger than the maximum size 3000", t =>
        {
            for (var i = 0; i < 5; i++)
            {
                File(t, $"demo/charts/demo-{i}.tgz", inner);
            }
        }, new ChartLimits { TotalBytes = 3000 });
    }
}
