using System.Text;

namespace Portal.Helm.Yaml;

/// <summary>The order go-yaml gives to keys: k2 before k10, letters after other characters (sorter.go of go.yaml.in/yaml).</summary>
internal static class NaturalOrder
{
    public static int Compare(string a, string b)
    {
        var x = a.EnumerateRunes().ToArray();
        var y = b.EnumerateRunes().ToArray();
        for (var i = 0; i < x.Length && i < y.Length; i++)
        {
            if (x[i] == y[i])
            {
                continue;
            }

            var aLetter = Rune.IsLetter(x[i]);
            var bLetter = Rune.IsLetter(y[i]);
            if (aLetter && bLetter)
            {
                return x[i].CompareTo(y[i]);
            }

            if (aLetter || bLetter)
            {
                return bLetter ? -1 : 1;
            }

            if (x[i].Value == '0' || y[i].Value == '0')
            {
                for (var j = i - 1; j >= 0 && Rune.IsDigit(x[j]); j--)
                {
                    if (x[j].Value != '0')
                    {
                        return CompareRuns(x, y, i, 1);
                    }
                }
            }

            return CompareRuns(x, y, i, 0);
        }

        return x.Length.CompareTo(y.Length);
    }

    private static int CompareRuns(Rune[] x, Rune[] y, int i, long before)
    {
        var an = before;
        var bn = before;
        var ai = i;
        var bi = i;
        for (; ai < x.Length && Rune.IsDigit(x[ai]); ai++)
        {
            an = (an * 10) + (x[ai].Value - '0');
        }

        for (; bi < y.Length && Rune.IsDigit(y[bi]); bi++)
        {
            bn = (bn * 10) + (y[bi].Value - '0');
        }

        return an != bn ? an.CompareTo(bn) : ai != bi ? ai.CompareTo(bi) : x[i].CompareTo(y[i]);
    }
}
