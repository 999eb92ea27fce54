using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Text.Json;
using System.Text.Json.Serialization;
using CoKe.Abstractions;
using CoKe.Alarms;
using CoKe.Learning.Data;
using CoKe.Learning.Evaluation;
using CoKe.Learning.Images;
using CoKe.Learning.Resume;
using CoKe.Trainer.Recipes;

namespace CoKe.Trainer.Report;

/// <summary>The numbers of a run, as they stand in summary.json (in snake_case).</summary>
/// <param name="Acc">Clustering accuracy on the test images by the smallest head, without duals. This and the next four are null without
/// test images or their classes.</param>
/// <param name="Nmi">Of the same predictions.</param>
/// <param name="Ari">Of the same predictions.</param>
/// <param name="Probe">Accuracy of a linear classifier on frozen features.</param>
/// <param name="Knn">Accuracy of 20 nearest neighbors on frozen features.</param>
/// <param name="Heads">Sizes of every head in the last epoch.</param>
/// <param name="LossTrace">Mean loss of every epoch of training.</param>
/// <param name="LabelHashes">SHA-256 of every head's final labels (int32, little-endian): equal runs have equal ones.</param>
/// <param name="ImgPerS">Images per second while training, each counted once whatever its views.</param>
/// <param name="ClusteringWaitFraction">The share of training time that the trainer waited for the clustering.</param>
/// <param name="CpuSeconds">Processor time of the whole run in the trainer's process: training, evaluation and the silo if it is there too.
/// Of processes that were stopped, what counts is until their last save.</param>
/// <param name="Seconds">Time of the whole run until the report is written, likewise.</param>
/// <param name="Seed">The seed.</param>
/// <param name="Options">Everything else that was asked for.</param>
/// <param name="Unreadable">Files of image folders that could not be read, with the reason; training images first.</param>
/// <param name="Missed">Per head that missed minimum sizes in the last epoch, one sentence: which clusters, by how much, and what to
/// do.</param>
/// <param name="NotEvaluated">What could not be evaluated, and what to do about it.</param>
/// <param name="TrainLabels">How well the smallest head's labels of the training images agree with their classes; null without
/// classes.</param>
/// <param name="Found">What the folder of images holds, and what became of it.</param>
/// <param name="Alarms">What looked wrong, over all heads and epochs, with the remedy; those that stood at the end and those that were
/// over.</param>
sealed record Summary(
    double? Acc,
    double? Nmi,
    double? Ari,
    double? Probe,
    double? Knn,
    IReadOnlyList<SummaryHead> Heads,
    IReadOnlyList<double> LossTrace,
    IReadOnlyList<string> LabelHashes,
    double ImgPerS,
    double ClusteringWaitFraction,
    double CpuSeconds,
    double Seconds,
    int Seed,
    SummaryOptions Options,
    IReadOnlyList<string> Unreadable,
    IReadOnlyList<string> Missed,
    IReadOnlyList<string> NotEvaluated,
    LabelScores? TrainLabels,
    IReadOnlyList<FoundItems> Found,
    IReadOnlyList<Alarm> Alarms
)
{
    /// <summary>Whether anything was measured on the test images.</summary>
    [JsonIgnore]
    public bool IsScored => Acc is not null || Nmi is not null || Probe is not null || Knn is not null;

    static readonly JsonSerializerOptions Json = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
        WriteIndented = true,
        NumberHandling = JsonNumberHandling.AllowNamedFloatingPointLiterals,
    };

    public static Summary Of(RunOutcome outcome, RunImages data, RunOptions options, Cost cost)
    {
        var (training, scores) = (outcome.Training, outcome.Scores);
        return new Summary(
            scores?.Accuracy,
            scores?.NormalizedMutualInformation,
            scores?.AdjustedRandIndex,
            scores?.Probe,
            scores?.Neighbors,
            [.. training.History[^1].Clustering.Heads.Select(SummaryHead.Of)],
            [.. training.History.Skip(1).Select(epoch => epoch.Loss!.Value)],
            [.. training.Labels.Select(Hash)],
            training.ImagesPerSecond,
            training.WaitFraction,
            cost.CpuSeconds,
            cost.Seconds,
            options.Seed,
            new SummaryOptions(
                data.Name,
                data.Train.Images.Count,
                data.Test?.Images.Count ?? 0,
                options.Threads,
                options.Device,
                options.Recipe
            ),
            [.. data.Unreadable.Concat(data.UnreadableTest).Select(file => $"{file.Path} {file.Problem}")],
            MissedSizes(training.History[^1].Clustering, data, options),
            data.NotEvaluated,
            outcome.Trained,
            data.Found,
            AlarmsOf(outcome, data, options)
        );
    }

    /// <summary>Whether an alarm stood at the end of a run, by its summary; false also where it is of a version that knew no
    /// alarms.</summary>
    /// <param name="path">summary.json.</param>
    /// <exception cref="CoKe.Errors.InvalidFileException">It cannot be read.</exception>
    public static bool HasStandingAlarm(string path)
    {
        try
        {
            using var summary = JsonDocument.Parse(File.ReadAllBytes(path));
            return summary.RootElement.TryGetProperty("alarms", out var alarms)
                && alarms.EnumerateArray().Any(alarm => alarm.GetProperty("stands").GetBoolean());
        }
        catch (Exception e)
            when (e is IOException or UnauthorizedAccessException or JsonException or InvalidOperationException or KeyNotFoundException)
        {
            throw BadFile.Because(
                path,
                $"cannot be read ({e.Message.TrimEnd('.')}): restore it from a copy, or leave --fail-on-alarm out."
            );
        }
    }

    static Alarm[] AlarmsOf(RunOutcome outcome, RunImages data, RunOptions options)
    {
        var (judge, history) = (
            new RunAlarms(options.Recipe, data.Train.Images.Count, options.Seed, options.Out),
            outcome.Training.History
        );
        return [.. judge.Of(history), .. RunAlarms.ScoresOf(outcome, data) is { } scores ? judge.Of(scores, history[^1].Epoch) : []];
    }

    static string[] MissedSizes(EpochReport last, RunImages data, RunOptions options)
    {
        var clustering = options.Recipe.ClusteringOf(data.Train.Images.Count, options.Seed);
        return [.. last.Heads.Select((head, h) => head.Missed?.Sentence(clustering, h)).OfType<string>()];
    }

    static string Hash(int[] labels) => Convert.ToHexStringLower(SHA256.HashData(MemoryMarshal.AsBytes(labels.AsSpan())));

    public string ToJson() => JsonSerializer.Serialize(this, Json);
}

/// <summary>A head's sizes in the last epoch, in images.</summary>
/// <param name="K">Clusters.</param>
/// <param name="Min">Members of the smallest.</param>
/// <param name="Max">Members of the largest.</param>
/// <param name="Asked">gamma: the minimum that was asked for.</param>
/// <param name="Violation">max_k (gamma_k - n_k); negative when all minimums are met.</param>
/// <param name="Bound">What the violation cannot exceed: (B / eta)(rho at the end - at the start).</param>
/// <param name="Missed">Clusters below their minimum, in whole images; null where an earlier version clustered the epoch.</param>
/// <param name="MissedImages">Images that they lack together.</param>
sealed record SummaryHead(int K, long Min, long Max, double Asked, double Violation, double? Bound, int? Missed, long? MissedImages)
{
    public static SummaryHead Of(HeadReport head) =>
        new(
            head.ClusterCount,
            head.SmallestSize,
            head.LargestSize,
            head.MinimumSize,
            head.Violation,
            head.ViolationBound,
            head.Missed?.Clusters,
            head.Missed?.Images
        );
}

/// <summary>What the numbers were made with.</summary>
/// <param name="Data">Name of the data set.</param>
/// <param name="TrainImages">Images that were clustered and learned from.</param>
/// <param name="TestImages">Images that were evaluated.</param>
/// <param name="Threads">Threads of libtorch.</param>
/// <param name="Device">cpu or cuda.</param>
/// <param name="Recipe">Every hyper-parameter.</param>
sealed record SummaryOptions(string Data, int TrainImages, int TestImages, int Threads, string Device, Recipe Recipe);
