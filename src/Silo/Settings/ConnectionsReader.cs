using CoKe.Access.Quotas;
using CoKe.Errors;
using CoKe.Settings;

namespace CoKe.Silo.Settings;

/// <summary>How many connections each port takes: what is said, the rest from how many files the process may open.</summary>
sealed class ConnectionsReader(SettingSources sources, int files)
{
    /// <exception cref="InvalidOptionsException">An option is malformed, or all together would leave too few files for anything
    /// else.</exception>
    public ConnectionLimits Read()
    {
        var usual = ConnectionLimits.Of(files);
        var limits = new ConnectionLimits
        {
            Gateway = Port(SiloOptions.MaxConnections, usual.Gateway),
            Silo = Port(SiloOptions.MaxSiloConnections, usual.Silo),
            Http = Port(SiloOptions.MaxHttpConnections, usual.Http),
        };
        var (all, most) = (limits.Gateway.Connections + limits.Silo.Connections + limits.Http.Connections, ConnectionLimits.MostOf(files));
        if (all > most && Largest(limits) is { } largest)
        {
            throw largest.Refuse(
                $"is too many: all ports together would take {all} of the {files} files that this process may open, "
                    + $"and {most} are the most. Lower it, or raise 'ulimit -n'."
            );
        }

        return limits;
    }

    PortLimits Port(SettingOption option, PortLimits usual)
    {
        var connections = Count(option, PortLimits.Least) ?? usual.Connections;
        var pending = Count(SiloOptions.MaxPendingConnections, 1);
        if (pending >= connections)
        {
            throw sources
                .Find(SiloOptions.MaxPendingConnections)!
                .Refuse($"leaves no room for others: give fewer than the {connections} connections that {option} allows.");
        }

        // Half or a quarter, as it is usual for the port.
        return PortLimits.Of(
            connections,
            pending ?? connections * usual.Pending / usual.Connections,
            Count(SiloOptions.MaxConnectionsPerAddress, 1)
        );
    }

    int? Count(SettingOption option, int least)
    {
        if (sources.Find(option) is not { } setting)
            return null;
        return setting.Whole() is var count && count >= least && count <= files
            ? count
            : throw setting.Refuse($"is no number of connections: give {least} to {files}, the files that this process may open.");
    }

    // Of those that somebody gave: the usual ones fit.
    Setting? Largest(ConnectionLimits limits) =>
        new[]
        {
            (SiloOptions.MaxConnections, limits.Gateway),
            (SiloOptions.MaxSiloConnections, limits.Silo),
            (SiloOptions.MaxHttpConnections, limits.Http),
        }
            .Select(port => (Setting: sources.Find(port.Item1), port.Item2.Connections))
            .Where(port => port.Setting is not null)
            .MaxBy(port => port.Connections)
            .Setting;
}
