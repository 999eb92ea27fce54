using System.Net.Sockets;
using CoKe.ConstrainedKMeans;
using CoKe.Silo.Settings;

namespace CoKe.Silo.Hosting;

/// <summary>Why a silo did not start, as one sentence.</summary>
internal sealed class StartFailure : CokeException
{
    StartFailure(Exception reason, Exception all) : base("start", reason.GetType().Name,
        $"The silo cannot start: {reason.Message.TrimEnd('.')}. Start it with {SiloOptions.LogLevel} debug to learn more.", all)
    {
    }

    /// <summary>Finds the reason in what the host threw: what CoKe says of it, another silo that keeps this one out, else the innermost.</summary>
    public static CokeException Explain(Exception all, StartWatch start)
    {
        var causes = Causes(all).ToArray();
        if (causes.OfType<CokeException>().FirstOrDefault() is { } known) return known;
        return start.LastRefusal is { } refusal ? refusal : new StartFailure(causes[^1], all);
    }

    /// <summary>
    /// Refuses ports that are taken. Orleans would not: it opens its own so that two processes can share one, and each would get some of
    /// the other's connections.
    /// </summary>
    /// <exception cref="InvalidOptionsException">One is taken, or the address is not this machine's.</exception>
    public static void CheckPorts(SiloSettings settings)
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
                throw new InvalidOptionsException(option.Name, $"{port}", $"{option} {port} cannot be listened on at {settings.Listen}: {e.Message.TrimEnd('.')}. Stop who uses it, or give another.", e);
            }
        }
    }

    // From the outermost to the innermost.
    static IEnumerable<Exception> Causes(Exception e) =>
        [e, .. e is AggregateException several ? several.InnerExceptions.SelectMany(Causes) : e.InnerException is { } inner ? Causes(inner) : []];
}
