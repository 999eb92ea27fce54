using System.CommandLine;
using CoKe.Cli.CommandLine;
using CoKe.Cli.Features;
using CoKe.Cli.Labeling;
using CoKe.Cli.Output;
using CoKe.Errors;
using CoKe.Files;

namespace CoKe.Cli.Commands;

/// <summary><c>coke export RUN --labels FILE.npy --centers FILE.npy</c>: the last committed epoch as files.</summary>
static class ExportCommand
{
    public static Command Create(SharedOptions shared)
    {
        var run = new Argument<string>("RUN") { Description = "Name of the run." };
        var labels = new Option<string?>("--labels")
        {
            Description = "Labels of the last committed epoch, int32, -1 for images never seen: (N,) for one head, (heads, N) for several.",
            HelpName = "FILE.npy",
        };
        var centers = new Option<string?>("--centers")
        {
            Description =
                "Its frozen centers, float32 unit rows: (K, d); of several heads each in a file of its own, FILE.head0.npy and so on.",
            HelpName = "FILE.npy",
        };
        var head = new Option<int?>("--head") { Description = "Only this head, counted from 0. Default: all.", HelpName = "H" };
        var command = new Command(
            "export",
            "Write labels and centers of a run's last committed epoch to NumPy files: labels as the passes left them, "
                + "without the step of 'coke cluster' for exact sizes. The run is not changed."
        )
        {
            run,
            labels,
            centers,
            head,
        };
        command.SetAction(
            (parse, cancellation) =>
                RunAsync(
                    shared,
                    parse,
                    new Request(parse.GetRequiredValue(run), parse.GetValue(labels), parse.GetValue(centers), parse.GetValue(head)),
                    cancellation
                )
        );
        return command;
    }

    static async Task<int> RunAsync(SharedOptions shared, ParseResult parse, Request request, CancellationToken cancellation)
    {
        request.Validate();
        await using var connection = await shared.ConnectAsync(parse, SiloNeed.ExistingRuns, cancellation);
        var status = await connection.Client.GetStatusAsync(request.Run, cancellation);
        var heads = FrozenEpoch.Heads(status, request.Head);
        var clustering = status.Specification.Clustering;
        string[] centers = request.Centers is null
            ? []
            : [.. heads.Select(h => heads.Length == 1 ? request.Centers : PathOfHead(request.Centers, h))];
        OutputPath.Check([("labels", request.Labels), .. centers.Select(path => ("centers", (string?)path))]);
        using var files = new OutputFiles([
            ("labels", request.Labels, NpyFile.Length((long)heads.Length * clustering.ImageCount)),
            .. centers.Zip(heads, (path, h) =>
                (path, (string?)path, NpyFile.Length((long)clustering.Heads[h].ClusterCount * clustering.Dimension))
            ),
        ]);
        var epoch = await FrozenEpoch.ReadAsync(
            connection.Client,
            status,
            request.Labels is not null,
            request.Centers is not null,
            cancellation
        );
        files.Write("labels", stream => NpyFile.WriteLabels(stream, [.. heads.Select(h => epoch.Labels![h])]));
        foreach (var (h, path) in heads.Zip(centers))
            files.Write(path, stream => NpyFile.Write(stream, [epoch.Centers![h]], clustering.Heads[h].ClusterCount, clustering.Dimension));
        files.Complete();
        var view = new ExportView(status.Name, epoch.Epoch, clustering.ImageCount, heads, request.Labels, NeverSeen(epoch, heads), centers);
        if (parse.GetValue(shared.Json))
            shared.Terminal.WriteJson(view);
        else
            view.Show(shared.Terminal);
        return ExitCode.Done;
    }

    internal static string PathOfHead(string path, int head) =>
        Path.ChangeExtension(path, null) is var stem && Path.GetExtension(path) == ".npy"
            ? $"{stem}.head{head}.npy"
            : $"{path}.head{head}.npy";

    static int? NeverSeen(FrozenEpoch epoch, int[] heads) => epoch.Labels?[heads[0]].Count(label => label < 0);

    sealed record Request(string Run, string? Labels, string? Centers, int? Head)
    {
        public void Validate()
        {
            if (Labels is null && Centers is null)
                throw new InvalidOptionsException(
                    "labels",
                    "",
                    "There is nothing to export: give --labels FILE.npy, --centers FILE.npy or both."
                );
            OutputPath.Check(("labels", Labels), ("centers", Centers));
        }
    }

    /// <summary>What was written, as <c>--json</c> shows it.</summary>
    sealed record ExportView(
        string Run,
        int Epoch,
        int Images,
        IReadOnlyList<int> Heads,
        string? Labels,
        int? NeverSeen,
        IReadOnlyList<string> Centers
    )
    {
        public void Show(Terminal terminal)
        {
            var which = Heads.Count == 1 ? $"head {Heads[0]}" : $"{Heads.Count} heads";
            var unseen = NeverSeen > 0 ? $" ({Tables.Number(NeverSeen.Value)} never seen: -1)" : "";
            terminal.Out.WriteLine(
                $"{Run}, epoch {Epoch}, {which}: "
                    + string.Join(
                        "; ",
                        new[]
                        {
                            Labels is null ? "" : $"labels of {Tables.Number(Images)} images{unseen} in {Labels}",
                            Centers.Count == 0 ? "" : $"centers in {string.Join(", ", Centers)}",
                        }.Where(s => s.Length > 0)
                    )
                    + "."
            );
        }
    }
}
