using System.Net;
using Microsoft.AspNetCore.Connections;
using Microsoft.Extensions.Logging;

namespace CoKe.Access.Quotas;

/// <summary>Listens for Orleans or Kestrel, and hands on no more connections than a port takes, and none before it has said
/// something.</summary>
/// <param name="port">What a port is called in the log, and its limits.</param>
/// <param name="logs">Where it says whom it turned away.</param>
/// <param name="time">Measures patience.</param>
public sealed class QuotaListenerFactory(Func<EndPoint, QuotaPort> port, ILoggerFactory logs, TimeProvider time)
    : IConnectionListenerFactory
{
    /// <summary>Opens a port.</summary>
    /// <exception cref="AddressInUseException">Another has it.</exception>
    public ValueTask<IConnectionListener> BindAsync(EndPoint endpoint, CancellationToken cancellationToken = default) =>
        new(new QuotaListener((IPEndPoint)endpoint, port(endpoint), logs.CreateLogger<QuotaListenerFactory>(), time));
}

/// <summary>A port that connections come to.</summary>
/// <param name="Name">As the log calls it.</param>
/// <param name="Limits">How many it takes.</param>
/// <param name="CutsAtOnce">Closing a connection drops what was not sent yet, and leaves the system nothing to remember: Orleans'
/// way. On a port that does not, whoever has said all he wants to say, and says so, still gets his answer.</param>
public sealed record QuotaPort(string Name, PortLimits Limits, bool CutsAtOnce);
