using System.Collections.Concurrent;
using Microsoft.AspNetCore.Connections;
using Microsoft.Extensions.DependencyInjection;

namespace CoKe.Abstractions.Hosting;

/// <summary>
/// The door of a silo's gateway, shut while the silo is cut off from everything that could go on with a run: its clients then turn to other
/// gateways, as they would if it were dead, and may come back when it is not cut off any more.
/// </summary>
public sealed class GatewayDoor
{
    readonly ConcurrentDictionary<ConnectionContext, bool> _inside = new();
    volatile bool _isShut;

    /// <summary>No client comes in.</summary>
    public bool IsShut => _isShut;

    /// <summary>Has connections come through the door of their silo, where it has one.</summary>
    /// <param name="builder">Of the gateway's connections.</param>
    public static void AddTo(IConnectionBuilder builder)
    {
        if (builder.ApplicationServices.GetService<GatewayDoor>() is { } door)
            builder.Use(next => context => door.PassAsync(context, next));
    }

    /// <summary>Ends every client's connection, and those that come.</summary>
    public void Shut()
    {
        _isShut = true;
        foreach (var connection in _inside.Keys)
            connection.Abort(new ConnectionAbortedException("This silo is cut off."));
    }

    /// <summary>Takes clients again.</summary>
    public void Open() => _isShut = false;

    async Task PassAsync(ConnectionContext context, ConnectionDelegate next)
    {
        _inside[context] = true;
        try
        {
            // Noted first: whoever shuts the door now ends it.
            if (_isShut)
                context.Abort(new ConnectionAbortedException("This silo is cut off."));
            else
                await next(context);
        }
        finally
        {
            _inside.TryRemove(context, out _);
        }
    }
}
