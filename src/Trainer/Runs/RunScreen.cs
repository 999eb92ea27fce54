using System.Diagnostics;
using CoKe.Alarms;
using CoKe.Display;
using CoKe.Errors;
using CoKe.Learning.Data;
using CoKe.Learning.Training;
using CoKe.Settings;
using CoKe.Trainer.Recipes;
using CoKe.Trainer.Report;
using Spectre.Console;

namespace CoKe.Trainer.Runs;

/// <summary>What a run shows while it trains: a live bar on a terminal, plain lines where output goes to a file or a pipe.</summary>
class RunScreen(IAnsiConsole console, bool live) : TrainingEvents
{
    const int PlainWidth = 200,
        Shown = 3;
    readonly Stopwatch _clock = new();
    ProgressTask? _bar;
    int _epochs,
        _before;
    double _secondsLeft;
    RunImages? _images;
    RunAlarms? _alarms;
    readonly List<EpochRecord> _history = [];
    int _unreadable;
    readonly HashSet<string> _said = [];

    public static RunScreen OfTerminal()
    {
        var live = !Console.IsOutputRedirected && AnsiConsole.Profile.Capabilities.Interactive && AnsiConsole.Profile.Capabilities.Ansi;
        if (!live)
            AnsiConsole.Profile.Width = PlainWidth;
        return new RunScreen(AnsiConsole.Console, live);
    }

    public void Opening(RunImages data, Recipe recipe, RunOptions options)
    {
        _images = data;
        _alarms = new RunAlarms(recipe, data.Train.Images.Count, options.Seed, options.Out);
        if (options.What.Length > 0)
            console.Say($"Recipe: {options.What}{(options.Source.Length > 0 ? $" (settings: {options.Source})" : "")}.");
        console.Say(
            $"CoKe on {data.Name}: {data.Train.Images.Count:N0} images of "
                + $"{(data.Size is { } size ? $"{size.Height}x{size.Width}x{data.Channels}" : "many sizes")} to learn from without "
                + $"labels, {data.Test?.Images.Count ?? 0:N0} held out."
        );
        console.Say(
            $"Heads of {string.Join(", ", recipe.Heads)} clusters, each at least {recipe.Clustering.MinimumSizeRatio:0.##} of the even "
                + "size; "
                + $"seed {options.Seed}. One scan, then {recipe.Schedule.Epochs} epochs."
        );
        if (options.Asked is { } asked && RecipeDefaults.KeysFor(asked) is { Count: > 0 } left)
            console.Say($"The recipe does not say {string.Join(", ", left)}: as in recipes/defaults.yaml.");
        console.Say(
            options.Start == RunStart.Resumed
                ? $"Goes on with the state in {RunFolder.StateOf(options.Out)}."
                : $"State in {RunFolder.StateOf(options.Out)}{(options.Database is { } database ? $", clusters in {database}" : "")}: "
                    + $"if the run is stopped, --resume {options.Out} goes on with it."
        );
        if (options.Silos.TryGetValue(GatewaySettings.Gateway.Name, out var gateways))
            console.Say(
                $"Clusters at {gateways} as run {options.RunName}: look into it with coke watch {options.RunName} --gateway "
                    + $"{gateways.Split(',')[0]}."
            );
        if (options.Data is not null) // the bundled images are known
            console.Write(Found(data));
        WarnOfGaps();
        console.Say("Label NMI compares the labels of two epochs in the smallest head: it rises first when a run is healthy.");
        console.WriteLine();
    }

    /// <summary>Tells how the same user looks into a silo in this process; null: it runs elsewhere, which was told.</summary>
    public void Reached(string run, IReadOnlyDictionary<string, string>? by)
    {
        if (by is null)
            return;
        console.Say(
            $"Look into it with coke watch {run} --gateway {by[GatewaySettings.Gateway.Name]} --token-file "
                + $"{by[AccessSettings.TokenFile.Name]}, as the user who runs this."
        );
        console.WriteLine();
    }

    public void Warnings(IEnumerable<string> warnings)
    {
        foreach (var warning in warnings)
            console.Say($"Warning: {warning}", new Style(Color.Yellow));
    }

    /// <summary>Shows progress until <paramref name="work"/> ends.</summary>
    public async Task<T> WhileTrainingAsync<T>(int epochs, Func<Task<T>> work)
    {
        _epochs = epochs;
        _clock.Restart();
        if (!live)
            return await work();
        return await console
            .Progress()
            .AutoClear(true)
            .Columns(new ProgressBarColumn { Width = 40 }, new PercentageColumn(), new TaskDescriptionColumn { Alignment = Justify.Left })
            .StartAsync(async context =>
            {
                _bar = context.AddTask("scanning");
                return await work();
            });
    }

    public override void Stepped(int done, int total)
    {
        _secondsLeft = _clock.Elapsed.TotalSeconds / (done - _before) * (total - done);
        if (_bar is null)
            return;
        _bar.MaxValue = total;
        _bar.Value = done;
        _bar.Description = done == total ? "evaluating" : $"{Left()} left";
    }

    public override void Returned(int epoch, int done, IReadOnlyList<EpochRecord> history)
    {
        _before = done;
        _clock.Restart();
        console.Say($"Goes on after epoch {epoch - 1}.");
        _history.Clear();
        _history.AddRange(history);
        ShowAlarms((_alarms?.Of(history) ?? []).Where(alarm => alarm.Stands));
    }

    public override void Ended(EpochRecord epoch)
    {
        var head = epoch.Smallest;
        var rate = epoch.ImagesPerSecond;
        console.Say(
            epoch.Loss is null
                ? $"scan         similarity {head.MeanSimilarity:0.000}  sizes {head.SmallestSize,4}-{head.LargestSize,-4} (min "
                    + $"{head.MinimumSize:0})  {rate,6:N0} img/s  {Left()} left"
                : $"epoch {epoch.Epoch,3}/{_epochs,-3} loss {epoch.Loss:0.000}  similarity {head.MeanSimilarity:0.000}  sizes "
                    + $"{head.SmallestSize,4}-{head.LargestSize,-4} (min {head.MinimumSize:0})"
                    + $"  changed {epoch.ChangedShare,6:0.0%}  label NMI {epoch.LabelAgreement:0.000}  {rate,6:N0} img/s  {Left()} left"
        );
        if (epoch.Scores is { } scores && scores.Heads[epoch.SmallestHead] is var labels)
            console.Say(
                $"             classes: ACC {labels.Acc:0.000}  NMI {labels.Nmi:0.000}  ARI {labels.Ari:0.000} of training "
                    + $"labels{(scores.Neighbors is { } neighbors ? $", kNN {neighbors:0.000} of test images" : "")}"
            );
        if (_images?.Unreadable is { Count: var now } files && now > _unreadable)
        {
            Warnings([
                $"{now:N0} files cannot be read and are left out: "
                    + string.Join("; ", files.Take(Shown).Select(file => $"{file.Path} {file.Problem}"))
                    + $"{(now > Shown ? "; ..." : "")}.",
            ]);
            _unreadable = now;
        }
        WarnOfGaps();
        _history.Add(epoch);
        ShowAlarms(_alarms?.New(_history) ?? []);
    }

    public void Closing(Summary summary, string page, string? labelsFile)
    {
        var scores = new Table().RoundedBorder().AddColumns("test images", "value");
        scores
            .AddRow("clustering accuracy", Score(summary.Acc))
            .AddRow("NMI", Score(summary.Nmi))
            .AddRow("ARI", Score(summary.Ari))
            .AddRow("linear probe", Score(summary.Probe))
            .AddRow("20 nearest neighbors", Score(summary.Knn));
        var heads = new Table().RoundedBorder().AddColumns("K", "smallest", "largest", "asked", "missed", "violation", "its bound");
        foreach (var column in heads.Columns)
            column.RightAligned();
        scores.Columns[1].RightAligned();
        foreach (var head in summary.Heads)
            heads.AddRow(
                $"{head.K}",
                $"{head.Min}",
                $"{head.Max}",
                $"{head.Asked:0.#}",
                head.Missed is { } missed ? $"{missed}" : "-",
                $"{head.Violation:0.#}",
                head.Bound is { } bound ? $"{bound:0.#}" : "-"
            );
        console.WriteLine();
        if (summary.IsScored)
            console.Write(scores); // without classes a table of nothing would look like a failure
        if (summary.TrainLabels is { } labels)
            console.Say(
                $"Labels of the training images and their classes: ACC {labels.Acc:0.000}  NMI {labels.Nmi:0.000}  ARI {labels.Ari:0.000}."
            );
        console.Write(heads);
        foreach (var missed in summary.Missed)
            console.Say(missed);
        console.Say(
            $"{summary.ImgPerS:N0} img/s; the trainer waited {summary.ClusteringWaitFraction:0.00%} of the time for the clustering; "
                + $"{summary.Seconds:0} s, {summary.CpuSeconds:0} CPU seconds."
        );
        WarnOfGaps();
        ShowAlarms(summary.Alarms);
        if (AlarmText.Summary(summary.Alarms) is { } said)
            console.Say(said);
        if (labelsFile is not null)
            console.Say($"Labels of every image: {labelsFile}");
        console.Say($"Report: {page}");

        static string Score(double? score) => score is { } known ? $"{known:0.000}" : "-";
    }

    void ShowAlarms(IEnumerable<Alarm> alarms)
    {
        foreach (var line in AlarmText.Lines(alarms))
            console.Say($"Alarm: {line}", new Style(Color.Yellow));
    }

    static Table Found(RunImages data)
    {
        var table = new Table().RoundedBorder().AddColumns($"in {Cell(data.Name)}", "number", "which");
        table.Columns[1].RightAligned();
        foreach (var line in data.Found)
            table.AddRow(line.What, $"{line.Count:N0}", Cell(line.Which));
        return table;
    }

    // Names of files and folders, in which there may be anything.
    static string Cell(string text) => VisibleText.Line(text).EscapeMarkup();

    /// <summary>Says what cannot be evaluated, as soon as it is known, and once.</summary>
    void WarnOfGaps() => Warnings((_images?.NotEvaluated ?? []).Where(_said.Add).Select(gap => $"not evaluated: {gap}"));

    string Left() => TimeSpan.FromSeconds(_secondsLeft).ToString(_secondsLeft < 3600 ? @"mm\:ss" : @"h\:mm\:ss");
}
