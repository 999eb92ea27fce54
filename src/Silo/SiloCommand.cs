using System.CommandLine;
using CoKe.ConstrainedKMeans;
using CoKe.Silo.Hosting;
using CoKe.Silo.Settings;

namespace CoKe.Silo;

/// <summary>The silo as a process of its own: clustering without libtorch, reached by trainers and by <c>coke</c>.</summary>
internal static class SiloCommand
{
    const int Stopped = 0, Refused = 1;

    /// <summary>Runs a silo until it is stopped.</summary>
    /// <returns>The exit code: 0 stopped, 1 refused with one line on standard error.</returns>
    public static async Task<int> RunAsync(string[] args)
    {
        var (root, read) = Create();
        var parse = root.Parse(args);
        if (parse.Errors.Count > 0) return await RefuseAsync($"{parse.Errors[0].Message.TrimEnd()} See --help.");
        root.SetAction((asked, cancellation) => RunAsync(read(asked), cancellation));
        // A stop that is asked for checkpoints every run first; the default would end the process after 2 s.
        return await root.Parse(args).InvokeAsync(new InvocationConfiguration { ProcessTerminationTimeout = TimeSpan.FromSeconds(30) });
    }

    static (RootCommand Command, Func<ParseResult, IReadOnlyDictionary<string, string>> Values) Create()
    {
        var root = new RootCommand("Hosts CoKe clustering, on loopback unless told otherwise. Stop it with Ctrl-C; started again, it goes on.\n"
            + $"Every option can also be an environment variable ({SiloOptions.SiloPort.Variable}) or a key of section {SiloOption.Section} in {SettingSources.FileName} ({SiloOptions.SiloPort.Key}); "
            + "the command line goes before the environment, and that before the file.");
        var values = new List<Func<ParseResult, (string, string?)>>();
        foreach (var option in SiloOptions.All)
        {
            if (option.Value is null)
            {
                var flag = new Option<bool>(option.Switch) { Description = option.Description };
                root.Options.Add(flag);
                values.Add(parse => (option.Name, parse.GetResult(flag) is null ? null : parse.GetValue(flag) ? bool.TrueString : bool.FalseString));
            }
            else
            {
                var text = new Option<string?>(option.Switch) { Description = option.Description, HelpName = option.Value };
                root.Options.Add(text);
                values.Add(parse => (option.Name, parse.GetValue(text)));
            }
        }

        return (root, parse => values.Select(value => value(parse)).Where(pair => pair.Item2 is not null).ToDictionary(pair => pair.Item1, pair => pair.Item2!));
    }

    static async Task<int> RunAsync(IReadOnlyDictionary<string, string> commandLine, CancellationToken cancellation)
    {
        try
        {
            var settings = new SettingsReader(new SettingSources(commandLine, Environment.GetEnvironmentVariable, Directory.GetCurrentDirectory())).Read();
            using var host = SiloHost.Build(settings, DeadlyFailpoint.Of(Environment.GetEnvironmentVariable(DeadlyFailpoint.Variable)));
            await SiloHost.StartAsync(host, settings, cancellation);
            Console.WriteLine(SiloHost.Ready(settings));
            await host.WaitForShutdownAsync(cancellation);
            return Stopped;
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

    static async Task<int> RefuseAsync(string message)
    {
        await Console.Error.WriteLineAsync(message.ReplaceLineEndings(" "));
        return Refused;
    }
}
