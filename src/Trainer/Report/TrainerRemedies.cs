using System.Globalization;
using CoKe.Alarms;
using CoKe.ConstrainedKMeans;
using CoKe.Trainer.Recipes;

namespace CoKe.Trainer.Report;

/// <summary>
/// What to do about an alarm of a run: the command that begins it anew with another value of a key, from the recipe that it wrote itself.
/// So it
/// is the whole command, whichever began the run.
/// </summary>
/// <param name="recipe">The run's, with nothing left open.</param>
/// <param name="imageCount">N.</param>
/// <param name="seed">The run's.</param>
/// <param name="folder">The folder of the run.</param>
sealed class TrainerRemedies(Recipe recipe, int imageCount, int seed, string folder) : IAlarmRemedies
{
    /// <summary>
    /// Above it the softmax of similarities, which differ by 2 at most, can hardly prefer one cluster; below it nearly all is one's.
    /// </summary>
    const double HighTemperature = 0.2,
        LowTemperature = 0.1;

    /// <summary>A loss so much above that of guessing is sure of the wrong cluster, and no longer undecided.</summary>
    const double SureOfWrong = 1.02;

    /// <summary>A rate that spoils labels is divided by so much: half of it often spoils them too.</summary>
    const double RateStep = 4;

    /// <summary>Duals that move so many times as fast as is right for features that stay move the labels by themselves.</summary>
    const double FastDuals = 25;

    const double EnoughRatio = 0.4,
        HighRatio = 0.85,
        MostOfImages = 0.98;
    const int FewestRows = 8,
        ImagesOfACluster = 8;

    /// <inheritdoc/>
    public string For(Finding finding) =>
        finding.Kind switch
        {
            AlarmKind.EmptyClusters or AlarmKind.MinimumSizes => Sizes(finding),
            AlarmKind.Collapse => Collapse(),
            AlarmKind.LossAtChance => Loss(finding),
            AlarmKind.IdenticalEmbeddings =>
                $"look at the images with 'coke-train augmentations --out views.png'; if they differ, {SlowerEncoder}",
            AlarmKind.LabelAgreement => Labels(finding),
            _ => MoreEpochs("learn for longer"),
        };

    string SlowerEncoder =>
        Anew("let the encoder move less in one step", ("schedule.learning-rate", recipe.Schedule.LearningRate / RateStep));

    string Sizes(Finding finding)
    {
        var K = recipe.Heads[finding.Head!.Value];
        if (Math.Floor(recipe.Clustering.MinimumSizeRatio * imageCount / K) < 1)
        {
            // Nothing is asked for, so nothing fills a cluster.
            var fewer = recipe.Heads.Select(k => Math.Max(1, Math.Min(k, imageCount / ImagesOfACluster)));
            var ratio = Math.Max(EnoughRatio, Math.Ceiling(100.0 * K / imageCount) / 100);
            return ratio * (1 + recipe.Clustering.Margin) <= MostOfImages
                ? Anew("ask for images in every cluster", ("clustering.minimum-size-ratio", ratio))
                : Anew("take fewer clusters", ("heads", $"[{string.Join(',', fewer)}]"));
        }

        if (finding.Missed is not { Clusters: > 0 } missed)
            return MoreEpochs("give the duals more time");
        var advice = SizeAdvice.For(missed, recipe.ClusteringOf(imageCount, seed), finding.Head.Value);
        return advice.Setting switch
        {
            // The rate of a mini-batch goes with its size.
            SizeSetting.BatchSize when advice.Value >= FewestRows => Anew(
                "let the duals move more often",
                ("schedule.batch-size", advice.Value),
                ("schedule.learning-rate", recipe.Schedule.LearningRate * advice.Value / recipe.Schedule.BatchSize)
            ),
            SizeSetting.Margin => Anew("ask for more than the minimum", ("clustering.margin", advice.Value)),
            SizeSetting.MinimumSizeRatio => Anew("ask for less, which this epoch kept to", ("clustering.minimum-size-ratio", advice.Value)),
            _ => MoreEpochs("give the duals more time"),
        };
    }

    string Collapse() =>
        recipe.Clustering.MinimumSizeRatio < HighRatio && HighRatio * (1 + recipe.Clustering.Margin) <= MostOfImages
            ? Anew("ask for larger clusters, which keeps the others from emptying", ("clustering.minimum-size-ratio", HighRatio))
            : SlowerEncoder;

    string Loss(Finding finding) =>
        finding.Value > SureOfWrong * finding.Bound && recipe.Loss.Temperature < LowTemperature
            ? Anew("be less sure of a cluster", ("loss.temperature", LowTemperature))
        : finding.Value <= SureOfWrong * finding.Bound && recipe.Loss.Temperature > HighTemperature
            ? Anew("tell clusters apart more sharply", ("loss.temperature", LowTemperature))
        : SlowerEncoder;

    string Labels(Finding finding)
    {
        var plan = new HeadPlan(recipe.ClusteringOf(imageCount, seed), finding.Head!.Value);
        return plan.DualLearningRate > FastDuals * plan.AutomaticDualLearningRate
            ? Anew("let the duals move less", ("clustering.dual-learning-rate", 2 * plan.AutomaticDualLearningRate))
            : SlowerEncoder;
    }

    string MoreEpochs(string why) => Anew(why, ("schedule.epochs", 2.0 * recipe.Schedule.Epochs));

    string Anew(string why, params ReadOnlySpan<(string Key, object Value)> settings)
    {
        var set = "";
        foreach (var (key, value) in settings)
            set += $" --set {key}={(value is double number ? number.ToString("G4", CultureInfo.InvariantCulture) : value)}";
        var again = Path.TrimEndingDirectorySeparator(folder) + "-again";
        return $"{why}, 'coke-train train {Quoted(Path.Combine(folder, RecipeWriter.FileName))}{set} --out {Quoted(again)}'";
    }

    static string Quoted(string path) => path.Contains(' ') ? $"\"{path}\"" : path;
}
