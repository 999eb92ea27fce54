using System.Net.Sockets;
using CoKe.ConstrainedKMeans;
using CoKe.Settings;
using CoKe.Silo.Settings;

namespace CoKe.Silo.Hosting;

/// <summary>Why a silo did not start, as one sentence.</summary>
internal sealed class StartFailure : CokeException
{
    StartFailure(Exception reason, Exception all) : base("start", reason.GetType().Name,
        $"The silo cannot start: {reason.Message.TrimEnd('.')}. Start it with {SiloOptions.LogLevel} debug to learn more.", all)
    {
    }

    /// <summary>Finds the reason in what the host threw: what CoKe says of it, a port that is taken, else the innermost.</summary>
    public static CokeException Explain(Exception all, SiloSettings settings)
    {
        var causes = Causes(all).ToArray();
        if (causes.OfType<CokeException>().FirstOrDefault() is { } known) return known;
        if (causes.OfType<SocketException>().Any() && TakenPort(settings) is var (option, port, trouble))
            return new InvalidOptionsException(option.Name, $"{port}", $"{option} {port} cannot be listened on at {settings.Listen}: {trouble.TrimEnd('.')}. Stop who uses it, or give another.", all);
        return new StartFailure(causes[^1], all);
    }

    // Neither Orleans nor the system says which one it was.
    static (SettingOption Option, int Port, string Trouble)? TakenPort(SiloSettings settings)
    {
        foreach (var (option, port) in new[] { (SiloOptions.SiloPort, settings.SiloPort), (SiloOptions.GatewayPort, settings.GatewayPort), (SiloOptions.HttpPort, settings.HttpPort) })
        {
            try
            {
                using var listener = new TcpListener(settings.Listen, port);
                listener.Start();
            }
            catch (SocketException e)
            {
                return (option, port, e.Message);
            }
        }

        return null;
    }

    // From the outermost to the innermost.
    static IEnumerable<Exception> Causes(Exception e) =>
        [e, .. e is AggregateException several ? several.InnerExceptions.SelectMany(Causes) : e.InnerException is { } inner ? Causes(inner) : []];
}
