using System.Globalization;
using CoKe.Abstractions;
using CoKe.Connections;
using Spectre.Console;

namespace CoKe.Cli.Output;

/// <summary>What a run does and who trains it, for people.</summary>
static class LifeTables
{
    const int MostNamedRanks = 3;

    /// <summary>In a few words what the run does.</summary>
    public static string State(RunView run) =>
        run.Activity switch
        {
            null => run.State,
            { Kind: ActivityKind.Waiting, Ranks: { Count: > MostNamedRanks } ranks } => $"waiting for {ranks.Count} ranks",
            { Kind: ActivityKind.Waiting, Ranks: [var rank] } => $"waiting for rank {rank}",
            { Kind: ActivityKind.Waiting, Ranks: var ranks } => $"waiting for ranks {string.Join(", ", ranks)}",
            { Kind: var kind } => kind.ToString().ToLowerInvariant(),
        };

    /// <summary>What keeps the run from going on, if anything does; continues the sentence after its name.</summary>
    public static string? Remark(RunView run) =>
        run.Fault is { } fault ? "cannot go on: " + ConnectionAdvice.OfFault(run.Name, fault)
        : run.State == "recovering" && run.Hindrance is { } hindrance ? "tries again and again: " + hindrance
        : run.Activity is { Kind: ActivityKind.Waiting } activity
            ? $"waits for trainer {string.Join(", ", activity.Ranks)}{Because(run, activity)}."
        : null;

    /// <summary>How fast the run is, and when it will be done.</summary>
    public static string Pace(RunView run) =>
        $"{Tables.Number(run.ImagesPerSecond, 0)} images/s"
        + (run.SecondsLeft is { } left ? $", about {Duration(left)} left until epoch {LastEpoch(run)} is done" : "");

    /// <summary>When the run was created, and when anything was last done in it.</summary>
    public static string Times(RunView run) =>
        $"{(run.Created is { } created ? $"created {Time(created)}" : "created by an earlier version")}, "
        + (run.Updated is { } updated ? $"last updated {Time(updated)}" : "not updated yet");

    /// <summary>The ranks, and what their trainers tell of themselves; without the columns that nobody has told anything for.</summary>
    public static Table Trainers(IReadOnlyList<TrainerView> trainers)
    {
        (string Name, Func<TrainerView, string?> Cell)[] columns =
        [
            ("rank", trainer => Tables.Number(trainer.Rank)),
            ("trainer", Word),
            ("host", trainer => trainer.Report?.Host),
            ("process", trainer => trainer.Report?.ProcessId?.ToString(CultureInfo.InvariantCulture)),
            ("generation", trainer => Tables.Number(trainer.Generation)),
            ("next batch", trainer => Tables.Number(trainer.NextExpected)),
            ("last seen", trainer => trainer.SeenSecondsAgo is { } seconds ? $"{Duration(seconds)} ago" : null),
            ("images/s", trainer => trainer.Report?.ImagesPerSecond is { } rate ? Tables.Number(rate, 0) : null),
            ("waited", trainer => trainer.Report?.WaitedShare is { } share ? $"{Tables.Number(100 * share, 0)} %" : null),
            ("loss", trainer => trainer.Report?.Loss?.ToString("G4", CultureInfo.InvariantCulture)),
            ("learning rate", trainer => trainer.Report?.LearningRate?.ToString("G3", CultureInfo.InvariantCulture)),
        ];
        var told = columns.Where(column => trainers.Any(trainer => column.Cell(trainer) is not null)).ToArray();
        var table = Tables.WithColumns(told.Count(column => column.Name is "rank" or "trainer" or "host"), [.. told.Select(c => c.Name)]);
        foreach (var trainer in trainers)
            table.AddPlainRow([.. told.Select(column => column.Cell(trainer) ?? "-")]);
        return table;
    }

    /// <summary>A time that passes, by its two largest units: <c>48 s</c>, <c>2 h 5 min</c>.</summary>
    public static string Duration(double seconds)
    {
        var time = TimeSpan.FromSeconds(Math.Min(Math.Round(seconds), TimeSpan.MaxValue.TotalSeconds / 2));
        return time.TotalDays >= 1 ? $"{Tables.Number((long)time.TotalDays)} d {time.Hours} h"
            : time.TotalHours >= 1 ? $"{time.Hours} h {time.Minutes} min"
            : time.TotalMinutes >= 1 ? $"{time.Minutes} min {time.Seconds} s"
            : $"{time.Seconds} s";
    }

    static string Because(RunView run, RunActivity activity) =>
        activity.Reason switch
        {
            WaitReason.NotCome => activity.Ranks.Count == 1 ? ", which has not come yet" : ", which have not come yet",
            WaitReason.Silent => activity.Ranks.Count == 1
                ? $", which has said nothing for {Duration(activity.SilentSeconds ?? 0)}: see whether it still runs"
                : $", which have said nothing for up to {Duration(activity.SilentSeconds ?? 0)}: see whether they still run",
            _ => run.Trainers.Any(trainer => trainer.Ended) ? $" to end epoch {run.Epoch}" : "",
        };

    static string Word(TrainerView trainer) =>
        trainer.Generation == 0 ? "not here yet"
        : trainer.Finished ? "finished"
        : trainer.Silent ? "silent"
        : trainer.Ended ? "epoch ended"
        : trainer.Awaited ? "awaited"
        : trainer.SeenSecondsAgo is null ? "not seen"
        : "here";

    static int? LastEpoch(RunView run) => run.Trainers.Max(trainer => trainer.Report?.LastEpoch);

    static string Time(DateTimeOffset time) => time.UtcDateTime.ToString("yyyy-MM-dd HH:mm:ss 'UTC'", CultureInfo.InvariantCulture);
}
