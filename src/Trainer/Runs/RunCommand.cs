using System.CommandLine;
using System.Runtime.InteropServices;
using CoKe.ConstrainedKMeans;
using CoKe.Session;
using CoKe.Trainer.Distributed;
using CoKe.Trainer.Resume;
using Orleans.Runtime;

namespace CoKe.Trainer.Runs;

/// <summary>What a command that trains does, whatever its options are.</summary>
sealed partial class RunCommand
{
    const int Interrupted = 130;

    readonly string name;
    readonly Func<ParseResult, RunOptions> read;
    string folder = "";

    RunCommand(string name, Func<ParseResult, RunOptions> read) => (this.name, this.read) = (name, read);

    /// <summary>Reads the options, runs, and says in one line what went wrong.</summary>
    /// <param name="command">The command, whose name a person continues with.</param>
    /// <param name="arguments">The options that every such command has.</param>
    /// <param name="read">Makes options of the command line.</param>
    public static void Act(Command command, RunArguments arguments, Func<ParseResult, RunOptions> read) => command.SetAction(async (line, cancellation) =>
    {
        var run = new RunCommand(command.Name, read);
        TrainerJob? job = null;
        var joined = await run.SayingAsync(() =>
        {
            job = arguments.PlaceOf(line) is { } place ? new TrainerJob(place) : null;
            return Task.FromResult(0);
        }, "", cancellation);
        return joined != 0 ? joined
            : job is null ? await run.SayingAsync(() => run.LeadAsync(line, null, cancellation), "", cancellation)
            : await run.AmongSeveralAsync(line, job, cancellation);
    });

    async Task<int> AmongSeveralAsync(ParseResult line, TrainerJob job, CancellationToken cancellation)
    {
        // A trainer cannot stop in order: it waits for the others in the middle of a step. What counts is stored, so it may die as by a crash.
        await using var stop = cancellation.Register(() => Die(job));
        if (job.Part.Rank == 0)
        {
            var leader = new RunLeader(job);
            var code = await SayingAsync(() => LeadAsync(line, leader, cancellation), "", cancellation);
            leader.End(code);
            return code;
        }
        var inOrder = false;
        var followed = await SayingAsync(async () =>
        {
            var end = await RunFollower.RunAsync(job, cancellation);
            inOrder = true;
            return end;
        }, $"Trainer {job.Part.Rank} of {job.World}: ", cancellation);
        if (!inOrder)
            job.Abort(followed);
        job.Dispose();
        return followed;
    }

    async Task<int> LeadAsync(ParseResult line, RunLeader? leader, CancellationToken cancellation)
    {
        var options = read(line);
        folder = options.Out;
        if (options.Start == RunStart.Resumed && RunFolder.Find(folder) is { } run && RunFolder.IsComplete(folder, run))
        {
            await Console.Out.WriteLineAsync($"The run in {folder} is finished, there is nothing to go on with. Report: {RunFolder.ReportOf(folder)}");
            return 0;
        }

        await new TrainingRun(options, RunScreen.OfTerminal(), leader).RunAsync(cancellation);
        return 0;
    }

    async Task<int> SayingAsync(Func<Task<int>> work, string who, CancellationToken cancellation)
    {
        try
        {
            return await work();
        }
        catch (Exception e) when (e is CokeException or IOException or UnauthorizedAccessException)
        {
            await Console.Error.WriteLineAsync($"{who}{(e is RunUnreachableException && folder.Length > 0 ? $"{e.Message} Go on with: {name} --resume {folder}" : e.Message)}");
            return 1;
        }
        catch (Exception e) when (e is TimeoutException or OrleansException)
        {
            // A call that nothing repeats, at the very beginning: a session waits longer.
            await Console.Error.WriteLineAsync($"{who}The silos went away or stay silent ({e.Message.ReplaceLineEndings(" ").TrimEnd('.')}): see that they run, then repeat the command.");
            return 1;
        }
        catch (OperationCanceledException) when (cancellation.IsCancellationRequested)
        {
            await Console.Error.WriteLineAsync(Stopped);
            return Interrupted;
        }
    }

    string Stopped => RunFolder.IsUnfinished(folder) ? $"Stopped. Go on with: {name} --resume {folder}" : "Stopped before anything was written.";

    void Die(TrainerJob job)
    {
        if (job.Part.Rank == 0)
            Console.Error.WriteLine($"{Stopped}{(RunFolder.IsUnfinished(folder) ? $", under 'mpirun -n {job.World}' again" : "")}");
        Exit(Interrupted);
    }

    /// <summary>Ends the process without what runs at an end: that would wait for the thread which waits for the others.</summary>
    [LibraryImport("libc", EntryPoint = "_exit")]
    private static partial void Exit(int code);
}
