using System.Text.RegularExpressions;
using CoKe.Alarms;
using CoKe.ConstrainedKMeans;
using CoKe.Trainer.Recipes;
using CoKe.Trainer.Report;
using CoKe.Trainer.Runs;
using CsCheck;

namespace CoKe.Trainer.Tests.Runs;

/// <summary>Every remedy is a command that is accepted in the state in which it is given, and changes something.</summary>
public sealed class TrainerRemediesTests : IDisposable
{
    const int N = 600;

    readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData(AlarmKind.EmptyClusters, "minimum-size-ratio=0", "--set clustering.minimum-size-ratio=0.4")]
    [InlineData(AlarmKind.MinimumSizes, "minimum-size-ratio=0.9", "--set schedule.epochs=")]
    [InlineData(AlarmKind.Collapse, "minimum-size-ratio=0.4", "--set clustering.minimum-size-ratio=0.85")]
    [InlineData(AlarmKind.Collapse, "minimum-size-ratio=0.9", "--set schedule.learning-rate=0.025")]
    [InlineData(AlarmKind.LossAtChance, "temperature=1", "--set loss.temperature=0.1")]
    [InlineData(AlarmKind.LossAtChance, "temperature=0.1", "--set schedule.learning-rate=0.025")]
    [InlineData(AlarmKind.IdenticalEmbeddings, "temperature=0.1", "--set schedule.learning-rate=0.025")]
    [InlineData(AlarmKind.LabelAgreement, "temperature=0.1", "--set schedule.learning-rate=0.025")]
    [InlineData(AlarmKind.LabelAgreement, "dual-learning-rate=500", "--set clustering.dual-learning-rate=")]
    public void For_AState_NamesTheSettingThatFits(AlarmKind kind, string state, string setting)
    {
        var value = double.Parse(state.Split('=')[1]);
        var recipe = state.Split('=')[0] switch
        {
            "minimum-size-ratio" => RecipeDefaults.Recipe with
            {
                Clustering = RecipeDefaults.Recipe.Clustering with { MinimumSizeRatio = value },
            },
            "temperature" => RecipeDefaults.Recipe with { Loss = RecipeDefaults.Recipe.Loss with { Temperature = value } },
            _ => RecipeDefaults.Recipe with { Clustering = RecipeDefaults.Recipe.Clustering with { DualLearningRate = value } },
        };
        Assert.Contains(setting, Remedy(recipe, kind, value: 2.3, bound: 2.303, lack: 0.9));
    }

    [Fact]
    public void For_LossFarAboveChance_IsLessSureOfAClusterWhereTheTemperatureIsLow() =>
        Assert.Contains(
            "--set loss.temperature=0.1",
            Remedy(
                RecipeDefaults.Recipe with
                {
                    Loss = RecipeDefaults.Recipe.Loss with { Temperature = 0.02 },
                },
                AlarmKind.LossAtChance,
                value: 4,
                bound: 2.303,
                lack: 0
            )
        );

    /// <summary>
    /// Any state: the command is understood, refused by nothing that is checked before a run begins, and asks for another recipe.
    /// </summary>
    [Fact]
    public void For_AnyState_IsAcceptedByTheCommandThatTakesIt() =>
        Gen.Select(
                Gen.Enum<AlarmKind>(),
                Gen.Double[0, 0.9],
                Gen.Double[0.01, 5],
                Gen.Int[1, 200],
                Gen.Int[2, 300],
                Gen.Double[0.01, 1],
                Gen.Double[0.5, 8]
            )
            .Sample(
                (kind, ratio, temperature, clusters, batch, lack, loss) =>
                {
                    var recipe = RecipeDefaults.Recipe with
                    {
                        Heads = [Math.Max(2, clusters)],
                        Clustering = RecipeDefaults.Recipe.Clustering with { MinimumSizeRatio = Math.Round(ratio, 2) },
                        Loss = RecipeDefaults.Recipe.Loss with { Temperature = temperature },
                        Schedule = RecipeDefaults.Recipe.Schedule with { BatchSize = batch },
                    };

                    var remedy = Remedy(recipe, kind, loss, Math.Log(recipe.Heads[0]), lack);

                    var asked = AlarmTests.Told(remedy);
                    var equalHeads = recipe.Heads.SequenceEqual(asked.Recipe.Heads); // lists are equal by reference alone
                    Assert.NotEqual(recipe, equalHeads ? asked.Recipe with { Heads = recipe.Heads } : asked.Recipe);
                    asked.Recipe.ClusteringOf(N, asked.Seed).Validate();
                },
                iter: 300,
                threads: 1
            );

    [Fact]
    public void For_FolderWithSpaces_QuotesIt()
    {
        var remedies = new TrainerRemedies(RecipeDefaults.Recipe, N, 0, "my runs/out");
        Assert.Contains(
            "\"my runs/out/recipe.yaml\"",
            remedies.For(new Finding(AlarmKind.LabelAgreement, AlarmSeverity.Warning, 0, 0, 0.1, ""))
        );
    }

    string Remedy(Recipe recipe, AlarmKind kind, double value, double bound, double lack)
    {
        var options = new RunOptions(null, 3, _folder.Path, N, 1, "cpu", recipe);
        File.WriteAllText(RunFolder.RecipeOf(_folder.Path), RecipeWriter.Write(options.ToRecipeFile()));
        var minimum = Math.Max(1, (long)(recipe.Clustering.MinimumSizeRatio * N / recipe.Heads[0]));
        var missing = Math.Clamp((long)(lack * minimum), 1, minimum);
        var missed = new Shortfall
        {
            Clusters = 1,
            Images = missing,
            Worst = [new SmallCluster(0, minimum - missing, minimum)],
        };
        var finding = new Finding(kind, AlarmSeverity.Warning, 0, value, bound, "") { Missed = missed };
        var remedy = new TrainerRemedies(recipe, N, 3, _folder.Path).For(finding);
        Assert.Matches(new Regex("'coke-train train .*--set .*'"), remedy);
        return remedy;
    }
}
