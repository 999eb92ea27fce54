namespace CoKe.ConstrainedKMeans;

/// <summary>
/// The dual rho_k of one cluster, the price of its size constraint. Every row of the run raises it by the same push, so it is kept as its
/// value when it was last set and the row clock of that moment: a batch touches only the clusters that gained members, and the others grow
/// by themselves.
/// </summary>
/// <param name="Base">The value at row clock <paramref name="Since"/>.</param>
/// <param name="Since">Rows of the whole run when the value was set.</param>
public readonly record struct Dual(double Base, long Since)
{
    /// <summary>
    /// rho_k when the run has seen <paramref name="rowClock"/> rows; <paramref name="pushPerRow"/> is (eta / B) gamma_k / N.
    /// </summary>
    public double At(long rowClock, double pushPerRow) => Base + (rowClock - Since) * pushPerRow;

    /// <summary>
    /// rho_k after a step of <paramref name="rows"/> rows of which <paramref name="members"/> joined the cluster, before eqn 11's
    /// projection: max(0, rho_k - (eta / B)(n_k - r gamma_k / N)).
    /// </summary>
    internal double After(HeadPlan plan, int cluster, long rowClock, int rows, int members)
    {
        // eqn 18: the rows push it up, the members pull it down
        var rho = At(rowClock + rows, plan.PushPerRow(cluster)) - plan.DualStepPerMember * members;
        return plan.ClampsDuals ? Math.Max(0, rho) : rho;
    }
}
