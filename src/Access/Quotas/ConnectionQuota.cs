using System.Net;
using System.Net.Sockets;

namespace CoKe.Access.Quotas;

/// <summary>
/// Shares out the connections of one port. A stranger never takes the room of one who has proven who he is, and a new stranger always finds
/// room: an older one gives way. Which one: of the address that has the most pending, first the silent, then the oldest. So whoever holds
/// many loses his own, and whoever goes on with his handshake outlives those who only hold a connection. It opens and closes nothing
/// itself.
/// </summary>
/// <param name="limits">How many there may be.</param>
sealed class ConnectionQuota(PortLimits limits)
{
    readonly Lock _lock = new();
    readonly LinkedList<ConnectionLease> _pending = []; // in the order in which they came
    readonly Dictionary<IPAddress, ConnectionOrigin> _origins = [];
    int _proven;

    /// <summary>Pending and proven connections; for tests.</summary>
    public (int Pending, int Proven) Count
    {
        get
        {
            lock (_lock)
                return (_pending.Count, _proven);
        }
    }

    /// <summary>Takes a connection, as pending.</summary>
    /// <param name="peer">Where it comes from.</param>
    /// <param name="now">A timestamp.</param>
    /// <returns>Its place, null when its address has no more; and who gives way, whose connection the caller ends.</returns>
    public (ConnectionLease? Lease, ConnectionLease? GivesWay) Admit(IPEndPoint peer, long now)
    {
        lock (_lock)
        {
            var key = KeyOf(peer.Address);
            if (!_origins.TryGetValue(key, out var origin))
                origin = new ConnectionOrigin(key);
            var isFull = origin.Pending + origin.Proven >= limits.PerAddress;
            if (isFull && origin.Pending == 0)
                return (null, null);
            var givesWay = isFull ? Victim(origin) : GivesWayTo(origin);
            if (givesWay is not null)
                Remove(givesWay);
            _origins[key] = origin; // also when it was just forgotten, as the last of its address
            var lease = new ConnectionLease(this, origin, peer, now);
            AddPending(lease);
            return (lease, givesWay);
        }
    }

    /// <summary>See <see cref="ConnectionLease.Prove"/>.</summary>
    public bool Prove(ConnectionLease lease)
    {
        lock (_lock)
        {
            if (lease.State == LeaseState.Over || (lease.State == LeaseState.Pending && _proven >= limits.Proven))
                return false;
            lease.Uses++;
            if (lease.State == LeaseState.Proven)
                return true;
            _pending.Remove(lease.Place);
            lease.Origin.Pending--;
            lease.Origin.Proven++;
            _proven++;
            lease.State = LeaseState.Proven;
            return true;
        }
    }

    /// <summary>See <see cref="ConnectionLease.Rest"/>.</summary>
    public void Rest(ConnectionLease lease)
    {
        ConnectionLease? givesWay;
        lock (_lock)
        {
            if (lease.State != LeaseState.Proven || --lease.Uses > 0)
                return;
            givesWay = GivesWayTo(lease.Origin);
            if (givesWay is not null)
                Remove(givesWay);
            lease.Origin.Proven--;
            _proven--;
            AddPending(lease);
        }

        givesWay?.End();
    }

    /// <summary>See <see cref="ConnectionLease.Release"/>.</summary>
    public void Release(ConnectionLease lease)
    {
        lock (_lock)
            Remove(lease);
    }

    /// <summary>Takes out those that have said nothing since they came, up to a time.</summary>
    /// <param name="until">A timestamp.</param>
    /// <returns>Connections that the caller ends.</returns>
    public IReadOnlyList<ConnectionLease> TakeSilent(long until)
    {
        lock (_lock)
        {
            ConnectionLease[] late = [.. _pending.TakeWhile(lease => lease.Came <= until).Where(lease => !lease.HasSpoken)];
            foreach (var lease in late)
                Remove(lease);
            return late;
        }
    }

    /// <summary>Takes out one pending connection, which the caller ends to have its file; null: there is none.</summary>
    public ConnectionLease? TakeOne()
    {
        lock (_lock)
        {
            var one = Victim(null);
            if (one is not null)
                Remove(one);
            return one;
        }
    }

    /// <summary>Who gives way to one more pending connection; null: nobody need.</summary>
    ConnectionLease? GivesWayTo(ConnectionOrigin origin) =>
        origin.Pending >= limits.PendingPerAddress ? Victim(origin)
        : _pending.Count >= limits.Pending ? Victim(null)
        : null;

    ConnectionLease? Victim(ConnectionOrigin? only)
    {
        ConnectionLease? found = null;
        foreach (var lease in _pending)
        {
            if (only is not null && lease.Origin != only)
                continue;
            if (found is null || GoesBefore(lease, found))
                found = lease;
        }

        return found;
    }

    // Of two that do not differ the older one goes.
    static bool GoesBefore(ConnectionLease newer, ConnectionLease older) =>
        newer.Origin.Pending != older.Origin.Pending ? newer.Origin.Pending > older.Origin.Pending : !newer.HasSpoken && older.HasSpoken;

    void AddPending(ConnectionLease lease)
    {
        lease.State = LeaseState.Pending;
        lease.Origin.Pending++;
        _pending.AddLast(lease.Place);
    }

    void Remove(ConnectionLease lease)
    {
        switch (lease.State)
        {
            case LeaseState.Pending:
                _pending.Remove(lease.Place);
                lease.Origin.Pending--;
                break;
            case LeaseState.Proven:
                lease.Origin.Proven--;
                _proven--;
                break;
            default:
                return; // others of its address may have come since
        }

        lease.State = LeaseState.Over;
        if (lease.Origin is { Pending: 0, Proven: 0 })
            _origins.Remove(lease.Origin.Address);
    }

    // Whoever has one address of IPv6 has all of its /64.
    static IPAddress KeyOf(IPAddress address)
    {
        if (address.AddressFamily != AddressFamily.InterNetworkV6)
            return address;
        if (address.IsIPv4MappedToIPv6)
            return address.MapToIPv4();
        Span<byte> bytes = stackalloc byte[16];
        address.TryWriteBytes(bytes, out _);
        bytes[8..].Clear();
        return new IPAddress(bytes);
    }
}
