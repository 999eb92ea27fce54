using System.CommandLine;
using CoKe.Access;
using CoKe.Errors;
using CoKe.Settings;
using CoKe.Silo.Hosting;
using CoKe.Silo.Http;
using CoKe.Silo.Replay;
using CoKe.Silo.Settings;

namespace CoKe.Silo;

/// <summary>The silo as a process of its own: clustering without libtorch, reached by trainers and by <c>coke</c>.</summary>
static class SiloCommand
{
    const int Stopped = 0,
        Refused = 1;

    /// <summary>Runs a silo until it is stopped.</summary>
    /// <returns>The exit code: 0 stopped, 1 refused with one line on standard error.</returns>
    public static async Task<int> RunAsync(string[] args)
    {
        var arguments = new SettingArguments(SiloOptions.All, isRecursive: true);
        var root = new RootCommand(
            "Hosts CoKe clustering, on loopback unless told otherwise. Stop it with Ctrl-C; started again, it goes on.\n"
                + $"Every option can also be an environment variable ({SiloOptions.SiloPort.Variable}) or a key of section "
                + $"{SettingOption.Section} in {Setting.FileName} ({SiloOptions.SiloPort.Key}); "
                + "the command line goes before the environment, and that before the file."
        );
        foreach (var argument in arguments.All)
            root.Options.Add(argument);
        root.SetAction((parse, cancellation) => RunAsync(arguments.Read(parse), cancellation));
        var health = new Command(
            "health",
            "Asks the silo that was started with the same options whether it is ready: exit code 0, or 1 and what is to be mended."
        );
        health.SetAction((parse, cancellation) => AskAsync(arguments.Read(parse), cancellation));
        root.Subcommands.Add(health);
        root.Subcommands.Add(ReplayCommand.Create(RefuseAsync));
        var asked = root.Parse(args);
        if (asked.Errors.Count > 0)
            return await RefuseAsync($"{asked.Errors[0].Message.TrimEnd()} See --help.");

        return await asked.InvokeAsync(new InvocationConfiguration { ProcessTerminationTimeout = SiloTimes.Stop });
    }

    static async Task<int> RunAsync(IReadOnlyDictionary<string, string> commandLine, CancellationToken cancellation)
    {
        try
        {
            using var host = new SiloHost(
                Settings(commandLine, makesTokens: true),
                DeadlyFailpoint.Of(Environment.GetEnvironmentVariable(DeadlyFailpoint.Variable))
            );
            await host.StartAsync(cancellation);
            Console.WriteLine(VisibleText.Line(host.Ready));
            await host.WaitForStopAsync(cancellation);
            return Stopped;
        }
        catch (AccessRefusedException refused)
        {
            return await RefuseAsync(AccessSettings.Advise(refused));
        }
        catch (CokeException refused)
        {
            return await RefuseAsync(refused.Message);
        }
        catch (OperationCanceledException) when (cancellation.IsCancellationRequested)
        {
            return Stopped; // told to stop before it was ready
        }
    }

    static async Task<int> AskAsync(IReadOnlyDictionary<string, string> commandLine, CancellationToken cancellation)
    {
        try
        {
            var (isReady, text) = await HealthQuestion.AskAsync(Settings(commandLine), cancellation);
            if (!isReady)
                return await RefuseAsync(text);
            Console.WriteLine(VisibleText.Sentence(text)); // whoever answers at that port
            return Stopped;
        }
        catch (CokeException refused)
        {
            return await RefuseAsync(refused.Message);
        }
    }

    static SiloSettings Settings(IReadOnlyDictionary<string, string> commandLine, bool makesTokens = false) =>
        new SiloSettingsReader(
            new SettingSources(commandLine, Environment.GetEnvironmentVariable, new SettingsFile(Directory.GetCurrentDirectory()).Find),
            makesTokens
        ).Read();

    static async Task<int> RefuseAsync(string message)
    {
        await Console.Error.WriteLineAsync(VisibleText.Sentence(message));
        return Refused;
    }
}
