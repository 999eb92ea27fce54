using System.CommandLine;
using System.Runtime.InteropServices;
using CoKe.Client;
using CoKe.Connections;
using CoKe.Errors;
using CoKe.Learning.Distributed;
using CoKe.Learning.Resume;
using CoKe.Trainer.Recipes;
using CoKe.Trainer.Report;
using CoKe.Trainer.Runs;

namespace CoKe.Trainer.Commands;

/// <summary>What a command that trains does, whatever its options are.</summary>
sealed partial class RunCommand
{
    readonly string _name;
    readonly Func<ParseResult, RunOptions> _read;
    readonly Option<bool> _failOnAlarm;
    readonly Lock _saying = new();
    string _folder = "";
    bool _said;

    RunCommand(string name, Func<ParseResult, RunOptions> read, Option<bool> failOnAlarm) =>
        (_name, _read, _failOnAlarm) = (name, read, failOnAlarm);

    /// <summary>Reads the options, runs, and says in one line what went wrong.</summary>
    /// <param name="command">The command, whose name a person continues with.</param>
    /// <param name="arguments">The options that every such command has.</param>
    /// <param name="read">Makes options of the command line.</param>
    public static void Act(Command command, RunArguments arguments, Func<ParseResult, RunOptions> read) =>
        command.SetAction(
            async (line, cancellation) =>
            {
                var run = new RunCommand(command.Name, read, arguments.FailOnAlarm);
                TrainerJob? job = null;
                var joined = await run.SayingAsync(
                    () =>
                    {
                        job = arguments.PlaceOf(line) is { } place ? new TrainerJob(place) : null;
                        return Task.FromResult(0);
                    },
                    "",
                    cancellation
                );
                return joined != 0 ? joined
                    : job is null ? await run.SayingAsync(() => run.LeadAsync(line, null, cancellation), "", cancellation)
                    : await run.AmongSeveralAsync(line, job, cancellation);
            }
        );

    async Task<int> AmongSeveralAsync(ParseResult line, TrainerJob job, CancellationToken cancellation)
    {
        // A trainer cannot stop in order: it waits for the others in the middle of a step. What counts is stored, so it may die as by a
        // crash.
        var leader = job.Part.Rank == 0 ? new RunLeader(job) : null;
        await using var stop = cancellation.Register(() => Die(job, leader));
        try
        {
            return leader is null ? await FollowAsync(job, cancellation) : await LeadOthersAsync(line, leader, cancellation);
        }
        catch (Exception e)
        {
            // Nothing that anybody thought of; but the others must not wait for this one.
            Say($"Trainer {job.Part.Rank} of {job.World}: {e}");
            job.Abort(1);
            throw;
        }
    }

    async Task<int> LeadOthersAsync(ParseResult line, RunLeader leader, CancellationToken cancellation)
    {
        var code = await SayingAsync(() => LeadAsync(line, leader, cancellation), "", cancellation);
        leader.End(code == ExitCode.AlarmStands ? ExitCode.Done : code); // the others have done their part
        return code;
    }

    async Task<int> FollowAsync(TrainerJob job, CancellationToken cancellation)
    {
        var inOrder = false;
        var followed = await SayingAsync(
            async () =>
            {
                var end = await RunFollower.RunAsync(job, cancellation);
                inOrder = true;
                return end;
            },
            $"Trainer {job.Part.Rank} of {job.World}: ",
            cancellation
        );
        if (!inOrder)
            job.Abort(followed);
        job.Dispose();
        return followed;
    }

    async Task<int> LeadAsync(ParseResult line, RunLeader? leader, CancellationToken cancellation)
    {
        var options = _read(line);
        _folder = options.Out;
        if (options.Start == RunStart.Resumed && RunFolder.Find(_folder) is { } run && RunFolder.IsComplete(_folder, run))
        {
            await Console.Out.WriteLineAsync(
                $"The run in {_folder} is finished, there is nothing to go on with. Report: {RunFolder.ReportOf(_folder)}"
            );
            return Code(() => Summary.HasStandingAlarm(RunFolder.SummaryOf(_folder)));
        }

        var summary = await new TrainingRun(options, RunScreen.OfTerminal(), leader).RunAsync(cancellation);
        return Code(() => summary.Alarms.Any(alarm => alarm.Stands));

        int Code(Func<bool> alarmStands) => line.GetValue(_failOnAlarm) && alarmStands() ? ExitCode.AlarmStands : ExitCode.Done;
    }

    async Task<int> SayingAsync(Func<Task<int>> work, string who, CancellationToken cancellation)
    {
        try
        {
            return await work();
        }
        catch (Exception e) when (SentenceOf(e) is { } sentence)
        {
            Say(who + sentence);
            return ExitCode.Refused;
        }
        catch (OperationCanceledException) when (cancellation.IsCancellationRequested)
        {
            Say(Stopped);
            return ExitCode.Interrupted;
        }
    }

    /// <summary>What a person is told of an error; null: nobody thought of it.</summary>
    string? SentenceOf(Exception error) =>
        error switch
        {
            RunUnreachableException when _folder.Length > 0 => $"{error.Message} Go on with: {_name} --resume {_folder}",
            CokeException or IOException or UnauthorizedAccessException => ConnectionAdvice.Of(error),
            // A call that nothing repeats, at the very beginning: a session waits longer.
            TimeoutException or OrleansException =>
                $"The silos went away or stay silent ({error.Message.ReplaceLineEndings(" ").TrimEnd('.')}): see that they run, "
                    + "then repeat the command.",
            _ => null,
        };

    string Stopped
    {
        get
        {
            try
            {
                return _folder.Length == 0 || RunFolder.Find(_folder) is not { } run ? "Stopped before anything was written."
                    : RunFolder.IsComplete(_folder, run) ? $"Stopped. The run in {_folder} is finished."
                    : $"Stopped. Go on with: {_name} --resume {_folder}";
            }
            catch (ResumeRefusedException e)
            {
                return $"Stopped. {e.Message}";
            }
        }
    }

    /// <summary>Says how the command ended, once: mpirun may end a process that is about to say it, or has.</summary>
    void Say(string sentence)
    {
        lock (_saying)
        {
            if (!_said)
                Console.Error.WriteLine(sentence);
            _said = true;
        }
    }

    void Die(TrainerJob job, RunLeader? leader)
    {
        try
        {
            if (leader is not null)
                Say(
                    leader.Failure is { } failure ? SentenceOf(failure) ?? $"{failure}"
                    : Stopped.Contains(" --resume ") ? $"{Stopped}, under 'mpirun -n {job.World}' again"
                    : Stopped
                );
        }
        finally
        {
            Exit(leader?.Failure is null ? ExitCode.Interrupted : ExitCode.Refused);
        }
    }

    /// <summary>Ends the process without what runs at an end: that would wait for the thread which waits for the others.</summary>
    [LibraryImport("libc", EntryPoint = "_exit")]
    private static partial void Exit(int code);
}
