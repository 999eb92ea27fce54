using System.CommandLine;
using System.Runtime.InteropServices;
using CoKe.ConstrainedKMeans;
using CoKe.Errors;

namespace CoKe.Silo.Replay;

/// <summary>
/// <c>replay FOLDER</c>: Algorithm 1 in this process alone, without actors, on what a session recorded. Its labels and centers are what
/// the silos must have answered, bit for bit.
/// </summary>
static class ReplayCommand
{
    /// <summary>Makes the command.</summary>
    /// <param name="refuse">Says one sentence and gives the exit code.</param>
    public static Command Create(Func<string, Task<int>> refuse)
    {
        var folder = new Argument<string>("FOLDER") { Description = "What a session recorded; labels and centers are written there too." };
        var command = new Command(
            "replay",
            "Computes what the silos must have answered to what a session recorded: for every epoch T labels-T.i32, heads x N, and "
                + "centers-T-HEAD.f32, K x d."
        )
        {
            folder,
        };
        command.SetAction(
            async (parse, cancellation) =>
            {
                try
                {
                    Run(parse.GetRequiredValue(folder), cancellation);
                    return 0;
                }
                catch (CokeException e)
                {
                    return await refuse(e.Message);
                }
            }
        );
        return command;
    }

    static void Run(string folder, CancellationToken cancellation)
    {
        var recording = Recording.Open(folder);
        using var kMeans = new OnlineConstrainedKMeans(recording.Clustering, recording.InitialCenters())
        {
            Threads = Environment.ProcessorCount,
        };
        var epochs = recording.CountEpochs();
        for (var epoch = 0; epoch < epochs; epoch++)
        {
            foreach (var (ids, rows) in recording.Steps(epoch))
            {
                cancellation.ThrowIfCancellationRequested();
                kMeans.Step(rows, ids);
            }

            kMeans.EndEpoch();
            using var labels = File.Create(Path.Combine(folder, $"labels-{epoch}.i32"));
            foreach (var (h, head) in kMeans.Heads.Index())
            {
                labels.Write(MemoryMarshal.AsBytes(head.Labels));
                var centers = MemoryMarshal.AsBytes(head.FrozenCenters().AsSpan());
                File.WriteAllBytes(Path.Combine(folder, $"centers-{epoch}-{h}.f32"), centers);
            }
        }

        Console.WriteLine($"{epochs} epochs computed: labels and centers are in {VisibleText.Line(folder)}.");
    }
}
