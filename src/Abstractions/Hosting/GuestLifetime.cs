using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace CoKe.Abstractions.Hosting;

/// <summary>
/// The lifetime of a host that lives inside somebody else's program, as a client or an embedded silo does: Ctrl-C and SIGTERM stay that
/// program's. A host's own would take them, stop only itself, and leave the program running.
/// </summary>
public sealed class GuestLifetime : IHostLifetime
{
    /// <summary>Has a host leave the signals of its process alone.</summary>
    public static void AddTo(IServiceCollection services) => services.AddSingleton<IHostLifetime, GuestLifetime>();

    /// <inheritdoc/>
    public Task WaitForStartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    /// <inheritdoc/>
    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
}
