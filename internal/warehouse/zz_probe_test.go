package warehouse
import ("context";"testing";"os";"fmt";"path/filepath";"accounthealth/internal/store")
func TestZZProbe(t *testing.T){
 root:=os.Getenv("PROBE"); if root=="" {t.Skip()}
 st,_:=store.Open(root)
 fs,_:=filepath.Glob(root+"/*.parquet*")
 for _,f:=range fs {
  d,err:=Describe(context.Background(),st,filepath.Base(f))
  if err!=nil { fmt.Println(filepath.Base(f),"ERR",err); continue }
  fmt.Println(filepath.Base(f), d.Rows)
  for _,c:=range d.Columns { fmt.Printf("    %s %v nulls %d distinct %d [%s..%s] %v %s\n", c.Name,c.Types,c.Nulls,c.Distinct,trunc(c.Min),trunc(c.Max),c.Roles,c.Problem)}
 }
}
func trunc(s string) string { if len(s)>30 {return s[:30]}; return s }
