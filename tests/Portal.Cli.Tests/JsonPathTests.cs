using static Portal.Cli.Tests.CommandLine;

namespace Portal.Cli.Tests;

/// <summary><c>show values --jsonpath</c>: client-go's templates over a chart's values, with its oddities.</summary>
public sealed class JsonPathTests
{
    private static readonly string Shop = Chart(("values.yaml", """
        owner: Ann
        open: true
        empty:
        none: []
        tags: {a.b: dotted, z: last, "k": "<x>"}
        books:
        - {title: One, price: 8.95, copies: 2, sold: true}
        - {title: Two, price: 12.99, copies: 5}
        - {title: Three, price: 8.99, copies: 7, isbn: "0-5"}
        - {title: Four, price: 22.99, copies: 1, isbn: "0-3", note: it's "new"}
        bike: {color: red, parts: {color: black}}
        big: 3e21
        """));

    [Theory]
    // Text, fields, the whole.
    [InlineData("no braces", "no braces")]
    [InlineData("{.owner}", "Ann")]
    [InlineData("{$.owner} and { @.owner }", "Ann and Ann")]
    [InlineData("{.bike}", """{"color":"red","parts":{"color":"black"}}""")]
    [InlineData("{$.tags.k} {.tags}", """<x> {"a.b":"dotted","k":"\u003cx\u003e","z":"last"}""")]
    [InlineData("{.empty}|{.open}|{.none}|{.big}", "null|true|[]|3e+21")]
    [InlineData("{.bike['color']}{['owner']}", "redAnn")]
    [InlineData(@"{.tags.a\.b} {.tags['a\.b']}", "dotted dotted")]
    // Texts and literals inside of braces.
    [InlineData("{'one'}{\"\\t\"}{.owner}{\"\\n\"}", "one\tAnn\n")]
    [InlineData(@"{""\u00e9""}{'it\'s'}", "éit's")]
    [InlineData("{3}{-1.5}{true}", "3-1.5true")]
    // Places and slices.
    [InlineData("{.books[0].title}", "One")]
    [InlineData("{.books[-1].title}{.books[-2].title}", "FourThree")]
    [InlineData("{.books[1:3].title}", "Two Three")]
    [InlineData("{.books[-2:].title}", "Three Four")]
    [InlineData("{.books[:2].title}", "One Two")]
    [InlineData("{.books[::2].title}", "One Three")]
    [InlineData("{.books[2:2].title}!", "!")]
    [InlineData("{.books[].title}", "One")]
    [InlineData("{.books[0,2].title}", "One Three")]
    [InlineData("{.bike['color', 'parts']}", """red {"color":"black"}""")]
    // Everything, at any depth.
    [InlineData("{.books[*].price}", "8.95 12.99 8.99 22.99")]
    [InlineData("{.bike.*}", """red {"color":"black"}""")]
    [InlineData("{..color}", "red black")]
    [InlineData("{..isbn}", "0-5 0-3")]
    [InlineData("{.tags.z.*}", "108 97 115 116")]
    // Filters.
    [InlineData("{.books[?(@.isbn)].title}", "Three Four")]
    [InlineData("{.books[?(@.sold)].title}", "One")]
    [InlineData("{.books[?(@.title==\"Two\")].price}", "12.99")]
    [InlineData("{.books[?(@.title!='Two')].title}", "One Three Four")]
    [InlineData("{.books[?(@.price<9.0)].title}", "One Three")]
    [InlineData("{.books[?(@.copies>=5.0)].title}", "Two Three")]
    [InlineData("{.books[?(@.title>\"Three\")].title}", "Two")]
    [InlineData("{.books[?(@.price==@.price)].title}", "One Two Three Four")]
    // Ranges.
    [InlineData("{range .books[*]}{.title}={.copies};{end}", "One=2;Two=5;Three=7;Four=1;")]
    [InlineData("{range .books[?(@.isbn)]}[{.isbn}]{end}{.owner}", "[0-5][0-3]Ann")]
    [InlineData("{range .books[0:2]}{.title}:{range .copies}{@},{end}{end}.", "One:2,Two:5,.")]
    [InlineData("{range .none[*]}x{end}after", "after")]
    [InlineData("{range .empty}{@}{end}", "<no value>")]
    public async Task A_template_finds(string template, string expected) => Assert.Equal((0, expected, ""), await RunAsync("show", "values", Shop, "--jsonpath", template));

    // Helm prints nothing and says nothing of it.
    [Theory]
    [InlineData("{.nope}", "nope is not found")]
    [InlineData("{.owner}{.nope}", "nope is not found")]
    [InlineData("{.}", " is not found")]
    [InlineData("{.books[9]}", "array index out of bounds: index 9, length 4")]
    [InlineData("{.books[3:1]}", "starting index 3 is greater than ending index 1")]
    [InlineData("{.books[0:3:0]}", "step must be > 0")]
    [InlineData("{.bike[0]}", "map[string]interface {} is not array or slice")]
    [InlineData("{.bike[?(@.color)]}", "map[color:red parts:map[color:black]] is not array or slice and cannot be filtered")]
    // Numbers of values are floats, 5 is none.
    [InlineData("{.books[?(@.copies==5)].title}", "incompatible types for comparison")]
    [InlineData("{.books[?(@.title=5)].title}", "unrecognized filter operator =")]
    [InlineData("{.books[?(@.title==nil)].title}", "unrecognized identifier nil")]
    [InlineData("{.owner}{end}", "not in range, nothing to end")]
    [InlineData("{range .none[*]}{.title}{end}", "title is not found")]
    public async Task What_does_not_fit_the_values_prints_nothing_but_a_warning(string template, string warning) =>
        Assert.Equal((0, "", $"level=WARN msg=\"jsonpath {template}: {warning}\"\n"), await RunAsync("show", "values", Shop, "--jsonpath", template));

    [Theory]
    [InlineData("{.owner", "unclosed action")]
    [InlineData("{....color}", "invalid multiple recursive descent")]
    [InlineData("{.books[0}", "unterminated array")]
    [InlineData("{.books[a]}", "invalid array index a")]
    [InlineData("{.books[-]}", "array index - is not a number")]
    [InlineData("{.books[?(@.a}", "unterminated filter")]
    [InlineData("{.books[?(@.a)}", "unclosed array expect ]")]
    [InlineData("{\"x}", "unterminated quoted string")]
    [InlineData("{'\\q'}", "unquote string '\\q' error invalid syntax")]
    [InlineData("{1.2.3}", "cannot parse number 1.2.3")]
    [InlineData("{!}", "unrecognized character in action: U+0021 '!'")]
    public async Task What_is_no_template_is_an_error(string template, string error) =>
        Assert.Equal((1, "", $"Error: error parsing jsonpath {template}: {error}\n"), await RunAsync("show", "values", Shop, "--jsonpath", template));

    [Fact]
    public async Task A_chart_without_a_file_of_values_prints_nothing() => Assert.Equal((0, "", ""), await RunAsync("show", "values", Chart(), "--jsonpath", "text"));
}
