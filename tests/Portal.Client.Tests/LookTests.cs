using Portal.Client.Shared;
using Portal.Core.Clusters;
using Portal.Core.Operations;
using Portal.Core.Plans;
using Portal.Core.Releases;
using Portal.Core.Values;

namespace Portal.Client.Tests;

public sealed class LookTests
{
    private static readonly string[] Tones = ["neutral", "good", "warn", "bad", "busy"];

    public static IEnumerable<TheoryDataRow<Look>> All() =>
        Enum.GetValues<Health>().Select(Look.Of)
            .Concat(Enum.GetValues<OperationState>().Select(Look.Of))
            .Concat(Enum.GetValues<StepState>().Select(Look.Of))
            .Concat(Enum.GetValues<FindingLevel>().Select(Look.Of))
            .Concat(Enum.GetValues<ProblemLevel>().Select(Look.Of))
            .Concat(Enum.GetValues<Reachability>().Select(Look.Of))
            .Concat(Enum.GetValues<Effect>().Select(Look.Of))
            .Concat(Enum.GetValues<ObjectChangeKind>().Select(Look.Of))
            .Select(l => new TheoryDataRow<Look>(l));

    [Theory]
    [MemberData(nameof(All))]
    public void Every_state_has_a_word_and_an_icon_not_only_a_colour(Look look)
    {
        Assert.NotEmpty(look.Word);
        Assert.NotEmpty(look.Icon);
        Assert.Contains(look.Tone, Tones);
    }
}
