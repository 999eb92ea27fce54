using System.Text.Json;
using CoKe.ConstrainedKMeans;
using CsCheck;
using static CoKe.Alarms.Tests.Epochs;

namespace CoKe.Alarms.Tests;

/// <summary>What looks wrong, and what only seems to.</summary>
public class AlarmJudgeTests
{
    [Fact]
    public void Of_HealthyRun_IsNone()
    {
        var epochs = Enumerable.Range(0, 10).Select(t => Signs(t, changed: 800 / (t + 1), loss: 2.5 / (t + 1), spread: 0.6)).ToArray();
        Assert.Empty(Judge(epochs));
    }

    [Fact]
    public void Of_EmptyClustersInAnyHead_NamesHeadAndNumber()
    {
        var options = Options(0.5, 0.5);
        var report = Report(4, options, 100, Even, [150, 150, 100, 100, 100, 100, 100, 100, 100, 0]);

        var alarm = Assert.Single(Judge(options, new EpochSigns(report)));

        Assert.Equal(
            (AlarmKind.EmptyClusters, AlarmSeverity.Warning, 1, 4, true),
            (alarm.Kind, alarm.Severity, alarm.Head, alarm.Epoch, alarm.Stands)
        );
        Assert.Equal("Head 1: 1 of 10 clusters is empty: mend EmptyClusters.", alarm.Text);
    }

    [Theory]
    [InlineData(0, 100, false)] // the scan begins with random centers
    [InlineData(1, 20, false)] // 40 mini-batches cannot fill a cluster
    [InlineData(1, 25, true)]
    public void Of_EmptyClustersAtFirst_AreJudgedOnceTheDualsCouldMove(int epoch, int steps, bool alarms)
    {
        var options = Options(0.5);
        var report = Report(epoch, options, null, [200, 100, 100, 100, 100, 100, 100, 100, 100, 0]) with { Steps = steps };
        Assert.Equal(alarms, Judge(options, new EpochSigns(report)).Count > 0);
    }

    [Fact]
    public void Of_FewerImagesThanClusters_KnowsThatSomeMustBeEmpty()
    {
        var options = Options(0);
        Assert.Empty(Judge(options, new EpochSigns(Report(4, options, 0, [1, 1, 1, 1, 1, 1, 1, 0, 0, 0]))));
    }

    [Theory]
    [InlineData(0, 960, 40, 0, 0)] // all but all in one
    [InlineData(0, 700, 300, 0, 0)] // all in two
    [InlineData(0.4, 640, 40, 40, 40)] // one has all that the minimums leave
    public void Of_OneOrFewThatHoldNearlyAll_IsACollapseAndNothingElse(double ratio, long first, long second, long third, long others)
    {
        var options = Options(ratio);
        long[] sizes = [first, second, third, .. Enumerable.Repeat(others, 7)];
        var alarms = Judge(options, new EpochSigns(Report(4, options, 10, sizes)));
        Assert.Equal((AlarmKind.Collapse, AlarmSeverity.Failure), (Assert.Single(alarms).Kind, alarms[0].Severity));
    }

    [Theory]
    [InlineData(0.0, 500, 100, 100, 100, 50, 50, 25, 25, 25, 25)] // uneven, as data may be
    [InlineData(0.4, 550, 100, 50, 40, 40, 40, 40, 40, 50, 50)]
    [InlineData(0.9, 190, 90, 90, 90, 90, 90, 90, 90, 90, 90)] // the minimums leave no room for one
    public void Of_UnevenSizes_AreNoCollapse(double ratio, params int[] sizes)
    {
        var options = Options(ratio);
        Assert.Empty(Judge(options, new EpochSigns(Report(4, options, 10, [.. sizes.Select(n => (long)n)]))));
    }

    [Fact]
    public void Of_TwoUnevenClusters_AreNoCollapse()
    {
        var options = Options(0.4) with { Heads = [new HeadOptions { ClusterCount = 2, MinimumSizeRatio = 0.4 }] };
        Assert.Empty(Judge(options, new EpochSigns(Report(4, options, 10, [800, 200]))));
    }

    [Theory]
    [InlineData(41, 50, false)]
    [InlineData(37, 50, false)] // sizes scatter, as counts do
    [InlineData(35, 50, true)]
    [InlineData(73, 90, false)]
    [InlineData(70, 90, true)]
    [InlineData(1, 5, false)]
    public void Of_MinimumsMissed_IsAlarmingBeyondAFifthAndChance(long size, long minimum, bool alarms)
    {
        var options = Options(minimum / 100.0);
        long[] sizes = [200 - size, size, .. Enumerable.Repeat(100L, 8)];

        var found = Judge(options, new EpochSigns(Report(4, options, 10, sizes)));

        Assert.Equal(alarms, found.Count == 1);
        if (!alarms)
            return;
        Assert.Equal(
            $"Head 0: 1 of 10 clusters miss their minimum size, by {minimum - size} images in all; " + $"cluster 1 has {size} of {minimum}",
            found[0].Sentence
        );
    }

    [Theory]
    [InlineData(2.31, true)]
    [InlineData(2.295, true)]
    [InlineData(2.25, false)]
    [InlineData(double.NaN, true)]
    [InlineData(double.PositiveInfinity, true)]
    public void Of_LossOfOneHeadAtChance_NamesIt(double loss, bool alarms)
    {
        var options = Options(0.5, 0.5);
        var found = Judge(options, new EpochSigns(Report(4, options, 10, Even, Even), [1.0, loss]));
        Assert.Equal(alarms ? [(AlarmKind.LossAtChance, 1)] : [], found.Select(alarm => (alarm.Kind, alarm.Head!.Value)));
    }

    [Fact]
    public void Of_ChanceOfEveryHead_IsOfItsOwnK()
    {
        var options = Options(0.5) with { Heads = [.. ((int[])[2, 10, 1]).Select(K => new HeadOptions { ClusterCount = K })] };
        var report = Report(4, options, 10, [500, 500], Even, [1000]);
        // 0.7 is chance among 2 and far below it among 10; a single cluster is never guessed.
        Assert.Equal([0], Judge(options, new EpochSigns(report, [0.7, 0.7, 0.0])).Select(alarm => alarm.Head!.Value));
    }

    [Theory]
    [InlineData(0.009, 4, true)]
    [InlineData(0.011, 4, false)]
    [InlineData(0.0, 3, false)] // an encoder that has hardly begun
    public void Of_EmbeddingsThatAreOne_IsOfAllHeads(double spread, int epoch, bool alarms)
    {
        var found = Judge(Signs(epoch, 100, 1, spread));
        Assert.Equal(alarms ? [(AlarmKind.IdenticalEmbeddings, (int?)null)] : [], found.Select(alarm => (alarm.Kind, alarm.Head)));
    }

    [Theory]
    [InlineData(4, 900, true)] // as if drawn anew
    [InlineData(4, 820, true)]
    [InlineData(4, 800, false)]
    [InlineData(3, 900, false)]
    public void Of_LabelsThatJump_IsAlarmingAfterTheFirstEpochs(int epoch, long changed, bool alarms) =>
        Assert.Equal(alarms, Judge(Signs(epoch, changed, 1, 0.5)).Any(alarm => alarm.Kind == AlarmKind.LabelAgreement));

    [Fact]
    public void Of_AgreementThatWasGoodAndIsNot_SaysWhatItHasBeen()
    {
        var alarm = Assert.Single(Judge(Signs(4, 100, 1, 0.5), Signs(5, 700, 1, 0.5), Signs(6, 700, 1, 0.5)));
        Assert.Equal((AlarmKind.LabelAgreement, 6), (alarm.Kind, alarm.Epoch));
        Assert.Contains("an agreement of 0.22, which has been 0.89", alarm.Sentence);
    }

    [Theory]
    [InlineData(900, 300, 0)] // a jump of the labels that is over
    [InlineData(300, 900, 0)] // or that may be
    [InlineData(900, 900, 1)]
    public void Of_OneEpochOfTwo_IsNotAlarmingYet(long before, long now, int alarms) =>
        Assert.Equal(alarms, Judge(Signs(3, before, 1, 0.5), Signs(4, now, 1, 0.5)).Count);

    [Fact]
    public void Of_EpochsThatDoNotFollowEachOther_AreJudgedByThemselves() =>
        Assert.Single(Judge(Signs(4, 300, 1, 0.5), Signs(9, 900, 1, 0.5)));

    [Fact]
    public void Of_AnAlarmThatEnds_KeepsItsEpochsAndDoesNotStand()
    {
        var epochs = Enumerable.Range(4, 5).Select(t => Signs(t, t < 7 ? 900 : 300, 1, 0.5)).ToArray();

        var alarm = Assert.Single(Judge(epochs));

        Assert.Equal((4, 6, false), (alarm.Epoch, alarm.LastEpoch, alarm.Stands));
        Assert.Equal("No alarm stands; one arose and is over.", AlarmText.Summary([alarm]));
        Assert.EndsWith("Over: epoch 6 was the last.", Assert.Single(AlarmText.Lines([alarm])));
    }

    [Fact]
    public void New_OfAnAlarmThatStands_IsToldOnceAndAgainWhenItComesBack()
    {
        var epochs = new[] { 300, 900, 900, 900, 300, 900, 900 }.Select((changed, i) => Signs(4 + i, changed, 1, 0.5)).ToArray();
        int[] told = [.. Enumerable.Range(1, 7).Select(Told)];
        Assert.Equal([0, 0, 1, 0, 0, 0, 1], told);

        int Told(int count) => AlarmJudge.New(new RunSigns(Options(0.5), epochs[..count]), new AlarmLimits(), new NamedRemedies()).Count;
    }

    [Fact]
    public void Lines_OfManyHeads_ShareALineAndFailuresComeFirst()
    {
        var options = Options(0.5, 0.5, 0.5);
        long[] empty = [200, 0, .. Enumerable.Repeat(100L, 8)];
        var alarms = Judge(options, new EpochSigns(Report(4, options, 10, empty, Even, empty), [1, 2.4, 1]));

        string[] lines = [.. AlarmText.Lines(alarms)];

        Assert.Equal(2, lines.Length);
        Assert.StartsWith("Head 1: the loss is 2.400, and who guesses among 10 clusters has ln 10 = 2.303: ", lines[0]);
        Assert.EndsWith("The same of head 2.", lines[1]);
    }

    [Fact]
    public void Json_OfAnAlarm_HasNamesThatLast()
    {
        var alarm = Judge(Signs(4, 950, 1, 0.5))[0];
        var names = new JsonSerializerOptions { PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower };
        var json = JsonSerializer.SerializeToElement(alarm, names);
        Assert.Equal(
            ("label-agreement", "warning", 0, 4, true),
            (
                json.GetProperty("kind").GetString(),
                json.GetProperty("severity").GetString(),
                json.GetProperty("head").GetInt32(),
                json.GetProperty("epoch").GetInt32(),
                json.GetProperty("stands").GetBoolean()
            )
        );
        Assert.Equal("mend LabelAgreement", json.GetProperty("remedy").GetString());
    }

    [Fact]
    public void Of_ReportOfAnOlderVersion_IsJudgedByWhatItHas()
    {
        var options = Options(0.5);
        var report = Report(4, options, 10, [1000, 0, 0, 0, 0, 0, 0, 0, 0, 0]);
        var old = report with { Heads = [report.Heads[0] with { EffectiveClusters = null, Missed = null }] };
        Assert.Equal(AlarmKind.Collapse, Assert.Single(Judge(options, new EpochSigns(old))).Kind); // by what the minimums would leave free
    }

    /// <summary>
    /// Whatever is known: one alarm of a kind for a head, of epochs that are known, and those that stand are found in the last one by
    /// itself too.
    /// </summary>
    [Fact]
    public void Of_AnyRun_HasOneAlarmOfAKindForAHead() =>
        Gen.Select(
                Gen.Select(Gen.Int[0, 40].Array[10], Gen.Int[0, 1000], Gen.Double[0, 4], Gen.Double[0, 0.1]).Array[1, 8],
                Gen.Double[0, 0.9]
            )
            .Sample(
                (epochs, ratio) =>
                {
                    var options = Options(ratio);
                    EpochSigns[] signs =
                    [
                        .. epochs.Select(
                            (epoch, t) =>
                            {
                                long[] sizes = [1 + epoch.Item1[0], .. epoch.Item1.Skip(1).Select(n => (long)n)];
                                var changed = t == 0 ? null : (long?)Math.Min(epoch.Item2, sizes.Sum());
                                return new EpochSigns(Report(t, options, changed, sizes), [epoch.Item3], epoch.Item4);
                            }
                        ),
                    ];

                    var alarms = Judge(options, signs);

                    Assert.Equal(alarms.Count, alarms.Select(alarm => (alarm.Kind, alarm.Head)).Distinct().Count());
                    Assert.All(alarms, alarm => Assert.InRange(alarm.LastEpoch, alarm.Epoch, signs.Length - 1));
                    Assert.All(alarms, alarm => Assert.Equal(alarm.LastEpoch == signs.Length - 1, alarm.Stands));
                    Assert.All(alarms, alarm => Assert.True(double.IsFinite(alarm.Value) && double.IsFinite(alarm.Bound)));
                    Assert.Equal(
                        AlarmText.Lines(alarms).Count(),
                        alarms.Select(alarm => (alarm.Kind, alarm.Severity, alarm.Stands)).Distinct().Count()
                    );
                }
            );

    [Fact]
    public void Of_ScoresOfChance_SaysWhatTheFeaturesAndTheClustersTell()
    {
        ScoredHead[] heads = [new(0, 10, 0.001, 1000), new(1, 20, 0.2, 1000), new(2, 1, 0, 1000)];
        var scores = new ScoreSigns([("linear probe", 0.11), ("20 nearest neighbors", 0.12)], 0.1, 1000, heads);
        var alarms = AlarmJudge.Of(scores, 3, new AlarmLimits(), new NamedRemedies());
        Assert.Equal([(AlarmKind.ClustersAtChance, 0)], alarms.Select(alarm => (alarm.Kind, alarm.Head ?? -1)));

        alarms = AlarmJudge.Of(scores with { Accuracies = [("linear probe", 0.1)], Spread = 0 }, 3, new AlarmLimits(), new NamedRemedies());
        Assert.Equal(
            [AlarmKind.IdenticalEmbeddings, AlarmKind.FeaturesAtChance, AlarmKind.ClustersAtChance],
            alarms.Select(alarm => alarm.Kind)
        );
        var ofOneClass = new ScoreSigns([("linear probe", 1)], 1, 10, [new(0, 2, 0, 10)]);
        Assert.Empty(AlarmJudge.Of(ofOneClass, 3, new AlarmLimits(), new NamedRemedies()));
    }

    static EpochSigns Signs(int epoch, long changed, double loss, double spread) =>
        new(Report(epoch, Options(0.5), epoch == 0 ? null : changed, Even), epoch == 0 ? null : [loss], spread);

    static IReadOnlyList<Alarm> Judge(params EpochSigns[] epochs) => Judge(Options(0.5), epochs);

    static IReadOnlyList<Alarm> Judge(ClusteringOptions options, params EpochSigns[] epochs) =>
        AlarmJudge.Of(new RunSigns(options, epochs), new AlarmLimits(), new NamedRemedies());
}
