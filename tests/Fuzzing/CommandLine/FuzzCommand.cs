using System.CommandLine;
using System.Diagnostics;
using CoKe.Fuzzing.Inputs;
using CoKe.Fuzzing.Targets;

namespace CoKe.Fuzzing.CommandLine;

/// <summary>
/// Feeds readers by hand, for as long as one likes: <c>dotnet run -c Release --project tests/Fuzzing -- --minutes 60</c>. Each is fed in a
/// process of its own, so that one that dies takes no other with it.
/// </summary>
static class FuzzCommand
{
    const int Well = 0,
        Found = 1;

    public static RootCommand Create()
    {
        var minutes = new Option<double>("--minutes")
        {
            Description = "Time for all readers together, shared evenly.",
            DefaultValueFactory = _ => 1,
        };
        var seed = new Option<int>("--seed")
        {
            Description = "Of all chance; the same gives the same inputs.",
            DefaultValueFactory = _ => 1,
        };
        var target = new Option<string?>("--target") { Description = $"One reader alone: {string.Join(", ", AllTargets.Names)}." };
        var replay = new Option<FileInfo?>("--replay") { Description = "Has --target read this file, once." };
        var inside = new Option<bool>("--inside") { Description = "In this process.", Hidden = true };
        var root = new RootCommand("Feeds every reader of files, frames and requests with what nobody would write.")
        {
            minutes,
            seed,
            target,
            replay,
            inside,
        };
        root.SetAction(line =>
        {
            string[] names = line.GetValue(target) is { } one ? [one] : [.. AllTargets.Names];
            var share = TimeSpan.FromMinutes(line.GetValue(minutes) / names.Length);
            if (line.GetValue(replay) is { } file)
                return Replay(names.Single(), file);
            if (line.GetValue(inside))
                return Feed(names.Single(), line.GetValue(seed), share);
            return names.Select(name => Start(name, line.GetValue(seed), share)).ToArray().All(end => end == Well) ? Well : Found;
        });
        return root;
    }

    static int Replay(string name, FileInfo file)
    {
        var input = File.ReadAllBytes(file.FullName);
        using var target = AllTargets.Make(name);
        using var watchdog = new Watchdog(name, file.FullName);
        var verdict = Judge.Of(target.Target, input);
        Console.WriteLine(
            $"{verdict.Outcome}; {verdict.Bytes:N0} bytes, {verdict.Time.TotalMilliseconds:0.0} ms. "
                + $"{verdict.Fault ?? "Nothing is wrong with that."}"
        );
        return verdict.Fault is null ? Well : Found;
    }

    static int Feed(string name, int seed, TimeSpan time)
    {
        using var target = AllTargets.Make(name);
        var began = Stopwatch.GetTimestamp();
        var findings = new Campaign(target.Target, seed).Run(_ => Stopwatch.GetElapsedTime(began) < time);
        Console.WriteLine(findings);
        foreach (var fault in findings.Faults)
            Console.WriteLine($"  {fault}");
        return findings.Faults.Count == 0 ? Well : Found;
    }

    static int Start(string name, int seed, TimeSpan time)
    {
        string[] arguments =
        [
            Environment.ProcessPath!,
            "--inside",
            "--target",
            name,
            "--seed",
            $"{seed}",
            "--minutes",
            FormattableString.Invariant($"{time.TotalMinutes}"),
        ];
        if (Path.GetFileNameWithoutExtension(arguments[0]) == "dotnet")
            arguments = [arguments[0], typeof(FuzzCommand).Assembly.Location, .. arguments[1..]];
        using var process = Process.Start(new ProcessStartInfo(arguments[0], arguments[1..]))!;
        process.WaitForExit();
        if (process.ExitCode is not (Well or Found or Watchdog.Hung))
            Console.WriteLine(
                $"{name} died with exit code {process.ExitCode} on the input in {LastInput.PathOf(name)}: "
                    + $"read it again by --target {name} --replay FILE."
            );
        return process.ExitCode;
    }
}
